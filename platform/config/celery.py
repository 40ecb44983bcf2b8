"""Celery's workers and timer: ``celery --app config.celery worker --beat``."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Before the settings are read.
os.environ.setdefault("KAYUN_ROLE", "worker")

from celery.schedules import crontab
from django.conf import settings

from kernel.observability import heartbeat, logs, workers
from kernel.tasks import app

__all__ = ["app"]

app.autodiscover_tasks()
heartbeat.connect()
workers.connect()
logs.keep_in_workers()

# What is due again soon is not worth doing twice: it expires instead of piling up behind a busy worker.
app.conf.beat_schedule = {
    "sweep": {"task": "chains.sweep", "schedule": 15.0, "options": {"expires": 15}},
    # Asks every schema: not as often.
    "sweep mail": {"task": "chains.sweep_mail", "schedule": 120.0, "options": {"expires": 120}},
    "sweep due": {"task": "chains.sweep_due", "schedule": 60.0, "options": {"expires": 60}},
    # A few minutes after midnight in China; every hour for what was broken off. What is over cannot be drawn meanwhile.
    "expiry": {"task": "expiry.sweep", "schedule": crontab(minute=5), "options": {"expires": 1800}},
    "count usage": {"task": "metering.count", "schedule": 300.0, "options": {"expires": 300}},
    "billing begin": {"task": "billing.begin", "schedule": 15.0, "options": {"expires": 15}},
    # Periods begin at midnight in China; every hour for what was broken off, and for stores that opened.
    "billing run": {"task": "billing.run", "schedule": crontab(minute=10), "options": {"expires": 1800}},
    # When a month is over in China; every hour for what was broken off.
    "statements": {"task": "statements.make", "schedule": crontab(minute=25), "options": {"expires": 1800}},
    # After the billing run has charged what falls due.
    "forecasts": {"task": "forecasts.warn", "schedule": crontab(minute=40), "options": {"expires": 1800}},
    # Messages, attempts and cards that nobody hinted at; and what the payment service says it has told us.
    "payments": {"task": "payments.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "reconcile payments": {"task": "payments.reconcile", "schedule": 900.0, "options": {"expires": 900}},
    # After the billing run: a lower plan holds from its day. Records are hidden from midnight on, whenever this comes.
    "retention": {"task": "retention.round", "schedule": crontab(minute=25), "options": {"expires": 1800}},
    "refill spares": {"task": "chains.refill_spares", "schedule": 60.0, "options": {"expires": 60}},
}
if "billing.simulator" in settings.INSTALLED_APPS:
    app.conf.beat_schedule["simulated events"] = {
        "task": "simulator.deliver",
        "schedule": 30.0,
        "options": {"expires": 30},
    }
