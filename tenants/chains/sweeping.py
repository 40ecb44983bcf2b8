"""Finding work that was decided and never done: what a kill, or a flushed broker, took from the queue."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from kernel import clock
from kernel.db import PUBLIC_SCHEMA, in_public, qualified, quote_schema
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


def sweep() -> int:
    """Enqueue what is left undone: unfinished chains, mail that is due; how many tasks. In public."""
    now = clock.now()
    with in_public():
        return _sweep_chains(now) + _sweep_mail(now)


def _sweep_chains(now: datetime) -> int:
    found = [
        chain
        for chain in Chain.objects.filter(state__in=list(_UNFINISHED)).order_by("pk")
        # Every attempt doubles the pause before the next.
        if chain.touched_at + _PATIENCE * 2 ** min(chain.attempts, _DOUBLINGS_MAX) <= now
    ]
    for chain in found:
        enqueue(_UNFINISHED[ChainState(chain.state)], chain_id=chain.pk)
    return len(found)


def _sweep_mail(now: datetime) -> int:
    """One query over all schemas: an index that is nearly always empty answers for each."""
    active = Chain.objects.filter(state=ChainState.ACTIVE).values_list("schema_name", flat=True)
    rows = ", ".join(
        f"('{name}', EXISTS ({mail_queries.DUE.format(schema=quote_schema(name))}))"
        for name in (PUBLIC_SCHEMA, *active)
    )
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM (VALUES {rows}) AS t (name, due) WHERE due", {"now": now})  # noqa: S608
        found = [name for (name,) in cursor.fetchall()]
    for name in found:
        enqueue("mail.deliver_due", schema_name=name)
    return len(found)
