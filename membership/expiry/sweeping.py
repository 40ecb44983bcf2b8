"""Finding the chains whose day is not done: at midnight all of them, later those where it was broken off."""

from collections.abc import Sequence

from django.db import connection

from kernel import clock
from kernel.db import ask_all, qualified, quote_schema
from kernel.tasks import enqueue
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain


def sweep_days() -> int:
    """Enqueue the daily expiry of every active chain that has not finished today's; how many. In public, in an open
    transaction. One query over some hundred schemas: a unique index answers for each.
    """
    active = Chain.objects.filter(state=ChainState.ACTIVE).order_by("pk").values_list("schema_name", flat=True)
    waiting = ask_all(active, _waiting)
    for name in waiting:
        enqueue("expiry.run", schema_name=name)
    return len(waiting)


def _waiting(names: Sequence[str]) -> list[str]:
    rows = ", ".join(
        f"('{name}', EXISTS (SELECT FROM {quote_schema(name)}.expiry_dailyrun"
        " WHERE day = %(today)s AND finished_at IS NOT NULL))"
        for name in names
    )
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM (VALUES {rows}) AS t (name, done) WHERE NOT done", {"today": clock.today()})  # noqa: S608
        return [name for (name,) in cursor.fetchall()]
