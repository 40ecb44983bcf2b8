"""Finding work that was decided and never done: what a kill, or a flushed broker, took from the queue."""

from datetime import timedelta
from typing import Final

from django.db import connection

from kernel import clock, due
from kernel.db import PUBLIC_SCHEMA, qualified, quote_schema
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
    """Enqueue what is due in any chain (``kernel.due``); how many tasks. In public, in an open transaction.

    One statement for all chains and questions.
    """
    active = list(Chain.objects.filter(state=ChainState.ACTIVE).values_list("schema_name", flat=True))
    asked = [(task, name, question) for task, question in sorted(due.QUESTIONS.items()) for name in active]
    if not asked:
        return 0
    rows = ", ".join(
        f"({place}, EXISTS ({question.format(schema=quote_schema(name))}))"
        for place, (_task, name, question) in enumerate(asked)
    )
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT place FROM (VALUES {rows}) AS t (place, due) WHERE due", {"now": clock.now()})  # noqa: S608
        found = [asked[place] for (place,) in cursor.fetchall()]
    for task, name, _question in found:
        enqueue(task, schema_name=name)
    return len(found)


def sweep_mail() -> int:
    """Enqueue the schemas with mail that is due; how many. In public, in an open transaction.

    One query over all schemas: an index that is nearly always empty answers for each.
    """
    active = Chain.objects.filter(state=ChainState.ACTIVE).values_list("schema_name", flat=True)
    rows = ", ".join(
        f"('{name}', EXISTS ({mail_queries.DUE.format(schema=quote_schema(name))}))"
        for name in (PUBLIC_SCHEMA, *active)
    )
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM (VALUES {rows}) AS t (name, due) WHERE due", {"now": clock.now()})  # noqa: S608
        found = [name for (name,) in cursor.fetchall()]
    for name in found:
        enqueue("mail.deliver_due", schema_name=name)
    return len(found)
