"""Celery's workers and clock: ``celery -A config.celery worker``, ``celery -A config.celery beat``."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from kernel.tasks import app  # noqa: E402 - after the settings are named

__all__ = ["app"]

app.autodiscover_tasks()
app.conf.beat_schedule = {}
