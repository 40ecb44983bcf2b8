"""The twin's entry point: Django's own, through every middleware."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.twin.settings")
os.environ.setdefault("KAYUN_ROLE", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
