"""The entry point of web processes (granian in WSGI mode)."""

import gc
import os

import django

from kernel.http.handlers import Application

# Before the settings are read.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("KAYUN_ROLE", "web")
django.setup(set_prefix=False)

application = Application()

# What is loaded by now stays: the collector need not look through it again and again.
gc.collect()
gc.freeze()
