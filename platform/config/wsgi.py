"""The entry point of web processes (granian in WSGI mode)."""

import gc
import os
from importlib import import_module
from pathlib import Path

import django
from django.conf import settings

from config.opening import Opening
from kernel.http.handlers import Application

# Before the settings are read.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("KAYUN_ROLE", "web")
django.setup(set_prefix=False)

application: Application | Opening = Application()
if opened := os.environ.get("KAYUN_OPENED_FILE"):
    application = Opening(application, opened=Path(opened))

# Pages are imported with their addresses: now, rather than while the first visitor waits.
for urlconf in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
    import_module(urlconf)

# What is loaded by now stays: the collector need not look through it again and again.
gc.collect()
gc.freeze()
