"""The product's settings with the twin's addresses."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.twin.urls"
