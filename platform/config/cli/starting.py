"""What a command does before it touches the database: servers first, then Django."""

import os

from config.environment import MODE, ROOT
from kernel import localservers


def start_servers() -> None:
    """Start the local servers this process will use. In production nothing is started: the environment names them."""
    if MODE == "production":
        return
    from config.databases import PROFILE

    localservers.ensure(ROOT, PROFILE)  # type: ignore[arg-type]  # checked there against the known profiles


def start_django(*, servers: bool = True) -> None:
    """Start the local servers, then set Django up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if servers:
        start_servers()
    import django

    django.setup()
