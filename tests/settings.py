"""The product's settings in test mode. ``tests/databases.py`` names this process's own database at run time."""

import os

os.environ["KAYUN_MODE"] = "test"

from config.settings import *  # noqa: F403
from config.settings import CACHES, DATABASES

for _database in DATABASES.values():
    # Nothing connects by mistake before a database of the session's own has been claimed.
    _database["NAME"] = "kayun_test_unclaimed"

CACHES["default"]["KEY_PREFIX"] = "unclaimed"

# Tasks wait in this process's memory until a test runs them.
CELERY_BROKER_URL = "memory://localhost/"

# Static files are looked for when asked for, not collected beforehand.
WHITENOISE_AUTOREFRESH = True
