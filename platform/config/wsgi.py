"""The entry point of web processes (granian in WSGI mode)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("KAYUN_ROLE", "web")

from django.core.wsgi import get_wsgi_application  # noqa: E402  (the settings read the role)

application = get_wsgi_application()
