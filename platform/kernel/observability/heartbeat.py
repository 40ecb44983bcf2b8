"""The worker's sign of life in Valkey, which ``/readyz`` reads."""

from functools import cache
from typing import Any, Final

from celery.signals import heartbeat_sent
from django.conf import settings
from redis import Redis

from kernel import clock

KEY: Final = "kayun:worker:alive"
EXPIRES_S: Final = 30
_PATIENCE_S: Final = 0.5


@cache
def valkey() -> Redis:
    """A connection of our own that gives up soon: who asks about health cannot wait."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S)


def beat(**_: Any) -> None:
    """Say that a worker lives. Celery calls it every two seconds, from the worker's own event loop."""
    valkey().set(KEY, clock.now().isoformat(), ex=EXPIRES_S)


def connect() -> None:
    """Have every worker of this process beat."""
    heartbeat_sent.connect(beat, dispatch_uid="kernel.observability.heartbeat")


def worker_lives() -> bool:
    """Whether any worker has beaten within the last half minute.

    Raises:
        redis.RedisError: Valkey does not answer.
    """
    return bool(valkey().exists(KEY))
