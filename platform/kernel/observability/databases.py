"""How the database fares, as it says itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from kernel.db import qualified

_FACTS: Final = """
SELECT current_setting('server_version'), pg_postmaster_start_time(), pg_database_size(current_database()),
    (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = current_database()),
    current_setting('max_connections')::int,
    (SELECT max(clock_timestamp() - xact_start) FROM pg_catalog.pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()),
    (SELECT count(*) FROM pg_catalog.pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock')
"""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """One look at the server; of others' sessions only what our role may see."""

    version: str
    started_at: datetime
    size_bytes: int
    connections: int
    connections_max: int
    longest: timedelta | None
    """The age of the oldest open transaction; None where there is none but ours."""
    waiting: int
    """Sessions that wait for a lock."""


def database_facts() -> DatabaseFacts:
    """Ask the database."""
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_FACTS)
        return DatabaseFacts(*cursor.fetchone())
