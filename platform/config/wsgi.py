"""The entry point of web processes (granian in WSGI mode)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Before the settings are read.
os.environ.setdefault("KAYUN_ROLE", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
