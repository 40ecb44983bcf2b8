"""``/healthz``: the process answers. ``/readyz``: whether it can serve, and which part is down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis import RedisError

from kernel.checks.models import placements
from kernel.db import qualified
from kernel.observability import heartbeat


@dataclass(frozen=True, slots=True)
class Part:
    """One part the product stands on."""

    is_up: Callable[[], bool]
    needed_to_serve: bool
    """When such a part is down a load balancer should turn elsewhere. The worker is not: tills go on without it."""


def live(request: HttpRequest) -> HttpResponse:
    """The process is alive; nothing else is asked, so that a database's trouble does not get processes killed."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """503 when a part this process needs is down; ``degraded`` with 200 when only the worker is. Names each part."""
    found = {name: part.is_up() for name, part in PARTS.items()}
    serving = all(up for name, up in found.items() if PARTS[name].needed_to_serve)
    status = "ok" if all(found.values()) else "degraded" if serving else "down"
    parts = {name: "up" if up else "down" for name, up in found.items()}
    return JsonResponse({"status": status, "parts": parts}, status=200 if serving else 503)


def _database() -> bool:
    try:
        with qualified(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        # A server that restarted leaves a dead connection behind; the next probe, or request, must not inherit it.
        connection.close()
        return False


def _migrations() -> bool:
    """Whether public has every migration this release ships. Chains are followed by ``kayun migrate``."""
    try:
        with qualified(), connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM public.django_migrations")
            return _shipped() <= set(cursor.fetchall())
    except DatabaseError:
        connection.close()
        return False


@cache
def _shipped() -> frozenset[tuple[str, str]]:
    in_public = {app.label for app in apps.get_app_configs() if "public" in placements(app)}
    return frozenset(key for key in MigrationLoader(None).disk_migrations if key[0] in in_public)


def _valkey() -> bool:
    try:
        return bool(heartbeat.valkey().ping())
    except RedisError:
        return False


def _worker() -> bool:
    try:
        return heartbeat.worker_lives()
    except RedisError:
        return False


PARTS: Final[Mapping[str, Part]] = {
    "database": Part(_database, needed_to_serve=True),
    "migrations": Part(_migrations, needed_to_serve=True),
    "valkey": Part(_valkey, needed_to_serve=True),
    "worker": Part(_worker, needed_to_serve=False),
}

VIEWS: Final[Mapping[str, Callable[[HttpRequest], HttpResponse]]] = {"/healthz": live, "/readyz": ready}
