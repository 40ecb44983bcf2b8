"""Finding work that was decided and never done: what a kill, or a flushed broker, took from the queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from kernel import clock, due
from kernel.db import PUBLIC_SCHEMA, ask_all, qualified, quote_schema
from kernel.mail import queries as mail_queries
from kernel.tasks import enqueue
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain

# A worker that is at it holds the chain's lock, so enqueuing too early does no harm.
_PATIENCE: Final = timedelta(seconds=10)
_DOUBLINGS_MAX: Final = 6
_UNFINISHED: Final = {
    ChainState.REQUESTED: "chains.provision",
    ChainState.PROVISIONING: "chains.provision",
    ChainState.CLOSING: "chains.close",
}


def sweep_chains() -> int:
    """Enqueue the chains that are unfinished and have rested; how many. In public, in an open transaction."""
    now = clock.now()
    found = [
        chain
        for chain in Chain.objects.filter(state__in=list(_UNFINISHED)).order_by("pk")
        # Every attempt doubles the pause before the next.
        if chain.touched_at + _PATIENCE * 2 ** min(chain.attempts, _DOUBLINGS_MAX) <= now
    ]
    for chain in found:
        enqueue(_UNFINISHED[ChainState(chain.state)], chain_id=chain.pk)
    return len(found)


def sweep_due() -> int:
    """Enqueue what is due in any chain (``kernel.due``); how many tasks. In public, in an open transaction."""
    active = list(Chain.objects.filter(state=ChainState.ACTIVE).values_list("schema_name", flat=True))
    asked = [(task, name, question) for task, question in sorted(due.QUESTIONS.items()) for name in active]
    found = [asked[place] for place in _due([(name, question) for _task, name, question in asked], at=clock.now())]
    for task, name, _question in found:
        enqueue(task, schema_name=name)
    return len(found)


def sweep_mail() -> int:
    """Enqueue the schemas with mail that is due; how many. In public, in an open transaction.

    An index that is nearly always empty answers for each.
    """
    active = Chain.objects.filter(state=ChainState.ACTIVE).values_list("schema_name", flat=True)
    names = [PUBLIC_SCHEMA, *active]
    found = schemas_due(names, mail_queries.DUE, at=clock.now())
    for name in found:
        enqueue("mail.deliver_due", schema_name=name)
    return len(found)


def schemas_due(names: Sequence[str], question: str, *, at: datetime) -> list[str]:
    """Those of the schemas where the question (``kernel.due``) found something due at that moment."""
    return [names[place] for place in _due([(name, question) for name in names], at=at)]


def _due(questions: Sequence[tuple[str, str]], *, at: datetime) -> list[int]:
    """The places of those questions (a schema, and a SELECT about ``{schema}`` at ``%(now)s``) that find anything.

    A statement answers for some hundred schemas: neither a trip for each, nor a text that grows with the platform.
    """

    def ask(part: Sequence[tuple[int, tuple[str, str]]]) -> list[int]:
        rows = ", ".join(
            f"({place}, EXISTS ({question.format(schema=quote_schema(name))}))" for place, (name, question) in part
        )
        with qualified(), connection.cursor() as cursor:
            cursor.execute(f"SELECT place FROM (VALUES {rows}) AS t (place, due) WHERE due", {"now": at})  # noqa: S608
            return [int(place) for (place,) in cursor.fetchall()]

    return ask_all(enumerate(questions), ask)
