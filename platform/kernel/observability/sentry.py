"""Error reports: type, place and code of what went wrong, with chain and release. Nothing that names a person."""

from collections.abc import Callable
from typing import Any, Final

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

from kernel.errors import DomainError
from kernel.observability import context, redaction

_KEPT: Final = (
    "event_id", "timestamp", "level", "platform", "logger", "release", "environment", "sdk", "type",
)  # fmt: skip
_KEPT_OF_FRAME: Final = (
    "abs_path", "filename", "module", "function", "lineno", "context_line", "pre_context", "post_context", "in_app",
)  # fmt: skip
_KEPT_OF_EXCEPTION: Final = ("type", "module", "mechanism")


def start() -> None:
    """Send reports to ``SENTRY_DSN``; nothing happens where none is set."""
    if settings.SENTRY_DSN:
        initialise(dsn=settings.SENTRY_DSN)


def initialise(*, dsn: str, transport: Callable[..., Any] | type[sentry_sdk.Transport] | None = None) -> None:
    """Set the client up. ``transport`` takes the network's place in tests."""
    sentry_sdk.init(
        dsn=dsn,
        transport=transport,
        release=settings.RELEASE,
        environment=settings.MODE,
        # Not gathered in the first place; `only_harmless` does not rely on it.
        data_collection={
            "user_info": False,
            "cookies": {"mode": "off"},
            "http_headers": {"request": {"mode": "off"}},
            "url_query_params": {"mode": "off"},
            "http_bodies": [],
            "stack_frame_variables": False,
        },
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        default_integrations=True,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(transaction_style="function_name", middleware_spans=False),
            CeleryIntegration(),
            LoggingIntegration(level=None, event_level=None),
        ],
        ignore_errors=[DomainError],
        before_send=only_harmless,
    )


def only_harmless(event: Event, hint: Hint) -> Event:
    """Build the report anew from what is known to be harmless; what is not listed here does not leave."""
    given: dict[str, Any] = dict(event)
    sent: dict[str, Any] = {key: given[key] for key in _KEPT if key in given}
    sent["tags"] = {key: value for key, value in _tags().items() if value}
    error = hint.get("exc_info", (None, None, None))[1]
    sent["exception"] = {"values": [_exception(value, error) for value in _values(given.get("exception"))]}
    request = context.current().request
    if request is not None:
        # The route, not the path: a path may hold a card number, a query anything.
        sent["transaction"] = context.route_of(request)
        sent["request"] = {"method": request.method, "url": sent["transaction"]}
    return sent  # type: ignore[return-value]


def _tags() -> dict[str, str]:
    current = context.current()
    return {
        "chain": context.chain_of_work() or "public",
        "release": settings.RELEASE,
        "actor": current.actor,
        "request_id": current.request_id,
    }


def _values(holder: Any) -> list[dict[str, Any]]:
    return list((holder or {}).get("values") or [])


def _exception(value: dict[str, Any], error: BaseException | None) -> dict[str, Any]:
    kept: dict[str, Any] = {key: value[key] for key in _KEPT_OF_EXCEPTION if key in value}
    kept["value"] = _described(error).get(str(value.get("type")), redaction.REMOVED)
    frames = (value.get("stacktrace") or {}).get("frames") or []
    kept["stacktrace"] = {"frames": [{k: frame[k] for k in _KEPT_OF_FRAME if k in frame} for frame in frames]}
    return kept


def _described(error: BaseException | None) -> dict[str, str]:
    """What may be said of the error and of each behind it, by type name."""
    if error is None:
        return {}
    return {each["type"].rpartition(".")[2]: each["what"] for each in redaction.describe_traceback(error)}
