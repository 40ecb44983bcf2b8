"""What every log line and every report carries: the request, the chain and the actor of the work at hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection
from django.http import HttpRequest

from kernel.db.names import PUBLIC_SCHEMA


@dataclass(slots=True)
class Context:
    """One request's or one task's, filled in as it becomes known: the chain by the host, the actor by log-in."""

    request_id: str = ""
    chain: str = ""
    """The chain's schema name; empty in public."""
    actor: str = ""
    """As ``str(Actor)`` says it, ``staff:12``: never a person's name."""
    request: HttpRequest | None = None


_current: ContextVar[Context | None] = ContextVar("kayun_context", default=None)


def current() -> Context:
    """The context of the work at hand; outside any request or task, a fresh one that is kept."""
    context = _current.get()
    if context is None:
        context = Context()
        _current.set(context)
    return context


def bind(*, chain: str | None = None, actor: str | None = None) -> None:
    """Note the chain or the actor, now that it is known."""
    context = current()
    if chain is not None:
        context.chain = chain
    if actor is not None:
        context.actor = actor


@contextmanager
def work(*, request_id: str, chain: str = "", actor: str = "", request: HttpRequest | None = None) -> Iterator[Context]:
    """A context of its own for the block: a request, or a task that passes on the request that asked for it."""
    context = Context(request_id=request_id, chain=chain, actor=actor, request=request)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def route_of(request: HttpRequest) -> str:
    """The pattern that the request's path matched, once it has; the path itself may hold a card number."""
    return f"/{request.resolver_match.route}" if request.resolver_match else ""


def chain_of_work() -> str:
    """The chain noted in the context, else the one the database connection has chosen."""
    noted = current().chain
    if noted:
        return noted
    selected = str(getattr(connection, "schema_name", PUBLIC_SCHEMA) or PUBLIC_SCHEMA)
    return "" if selected == PUBLIC_SCHEMA else selected
