"""How the workers fare, out of Valkey, for the platform's staff to read: their last sign of life, how many tasks wait,
and those that failed of late. No message is kept of a failure: it could name people; the log has it, under the same
request.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from celery import current_app
from celery.signals import task_failure
from redis import RedisError

from kernel import clock
from kernel.observability import heartbeat

KEY: Final = "kayun:worker:failed"
KEPT: Final = 100
_EXPIRES: Final = timedelta(days=7)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task that raised."""

    at: datetime
    task: str
    schema_name: str
    error: str
    """The class of what it raised."""
    request_id: str


def note(*, sender: Any = None, exception: BaseException | None = None, kwargs: Any = None, **_: Any) -> None:
    """Keep a failure. Celery calls it in the worker; what goes wrong here stays here."""
    given = kwargs if isinstance(kwargs, dict) else {}
    row = {
        "at": clock.now().isoformat(),
        "task": str(getattr(sender, "name", "")),
        "schema_name": str(given.get("schema_name", "")),
        "error": type(exception).__name__,
        "request_id": str(given.get("request_id", "")),
    }
    try:
        with heartbeat.valkey().pipeline() as pipeline:
            pipeline.lpush(KEY, json.dumps(row))
            pipeline.ltrim(KEY, 0, KEPT - 1)
            pipeline.expire(KEY, _EXPIRES)
            pipeline.execute()
    except RedisError:
        _log.warning("a failed task could not be noted: %s", row["task"])


def connect() -> None:
    """Have every worker of this process keep its failures."""
    task_failure.connect(note, dispatch_uid="kernel.observability.workers")


def latest(*, size: int = 20) -> list[FailedTask]:
    """The latest failures of the last week, the newest first.

    Raises:
        redis.RedisError: Valkey does not answer.
    """
    rows: Any = heartbeat.valkey().lrange(KEY, 0, size - 1)
    found = []
    for raw in rows:
        row = json.loads(raw)
        found.append(FailedTask(**{**row, "at": datetime.fromisoformat(row["at"])}))
    return found


def queue_length() -> int:
    """How many tasks wait for a worker.

    Raises:
        redis.RedisError: Valkey does not answer.
    """
    waiting: Any = heartbeat.valkey().llen(str(current_app.conf.task_default_queue))
    return int(waiting)


def last_beat() -> datetime | None:
    """When a worker last gave a sign of life; None where none did within half a minute.

    Raises:
        redis.RedisError: Valkey does not answer.
    """
    raw: Any = heartbeat.valkey().get(heartbeat.KEY)
    return datetime.fromisoformat(raw.decode()) if raw else None
