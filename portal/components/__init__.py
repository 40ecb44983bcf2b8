"""The small set of drawn parts the pages are made of. Templates reach them through ``{% load kayun_ui %}``."""
