"""Structured logs: one JSON object a line in production, readable lines elsewhere.

Every line carries the request id, the chain and the actor. Both ``structlog.get_logger(name)`` and
``logging.getLogger(name)`` end here; values belong in arguments, never in the message.
"""

import logging
import logging.config
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import msgspec
import structlog
from celery.signals import setup_logging
from structlog.typing import EventDict, Processor, WrappedLogger

from kernel.observability import context, redaction

_KEPT = frozenset({"event", "level", "logger", "timestamp", "error", "request_id", "chain", "actor"})


def configure(settings: MutableMapping[str, Any]) -> None:
    """Set up logging for the process: ``LOGGING_CONFIG`` of the settings. ``{"json": bool, "level": "INFO"}``.

    Lines go to stderr, or to ``stream`` where one is given.
    """
    stream: TextIO = settings.get("stream") or sys.stderr
    level: str = settings.get("level", "INFO")
    common: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_context,
    ]
    drawn = _json() if settings.get("json") else _readable()
    # Our own lines go straight to the stream: by way of the standard library one costs three times as much.
    structlog.configure(
        processors=[*common, *drawn],
        logger_factory=lambda name="kayun": _NamedWriter(stream, name),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": common,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *drawn],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"kayun": formatter},
            "filters": {"exceptions": {"()": _OnlyExceptions}},
            "handlers": {"stream": {"class": "logging.StreamHandler", "stream": stream, "formatter": "kayun"}},
            "root": {"handlers": ["stream"], "level": level},
            "loggers": {
                "django": {"handlers": [], "level": "INFO", "propagate": True},
                # A refusal is told by the request's own line, without the path's card number.
                "django.request": {"level": "ERROR", "filters": ["exceptions"]},
                "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
                # Each request at length, with the addresses of people's payments.
                "stripe": {"handlers": [], "level": "WARNING", "propagate": True},
            },
        }
    )


class _NamedWriter(structlog.WriteLogger):
    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self.name = name


class _OnlyExceptions(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


def keep_in_workers() -> None:
    """Have Celery leave its workers' logging as it is here: it sets up its own unless somebody answers its signal."""
    setup_logging.connect(_leave_alone, dispatch_uid="kernel.observability.logs")


def _leave_alone(**_: Any) -> None:
    """Connected, so that Celery finds logging taken care of."""


def add_context(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Add the request id, chain and actor; a key that is not known is left out."""
    current = context.current()
    for key, value in (
        ("request_id", current.request_id),
        ("chain", context.chain_of_work()),
        ("actor", current.actor),
    ):
        if value:
            event.setdefault(key, value)
    return event


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Leave out what names a person; an exception becomes its type, its code and its places."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["error"] = redaction.describe_traceback(error)
    event["event"] = redaction.scrub(str(event.get("event", "")))
    rest = {key: value for key, value in event.items() if key not in _KEPT}
    event.update(redaction.scrub_mapping(rest))
    return event


def _json() -> list[Processor]:
    return [redact, structlog.processors.JSONRenderer(serializer=_encode)]


def _encode(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _readable() -> list[Processor]:
    # On a developer's machine an exception is shown whole: its data are the demo's.
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
