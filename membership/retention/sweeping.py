"""The night's round: every chain whose clearing is not done, one after another."""

import logging
import time
from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import connection

from billing.pricebook.domain import PLANS, Plan
from kernel import clock
from kernel.db import ask_all, in_public, qualified, quote_schema
from kernel.observability.context import current, work
from kernel.tasks import enqueue
from membership.records.queries import kept_since
from membership.retention import clearing
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain

_log = logging.getLogger(__name__)

ROUND: Final = "retention.round"
SLICE_S: Final = 20.0
"""One chain's time before it is the next one's turn."""
ROUND_S: Final = 600.0
"""One task's time: the worker's place is then free for others, and a new task goes on."""
# Names of ours, and moments.
_QUESTION: Final = """
    SELECT coalesce(extract(epoch FROM touched_at), 0)::float8, '{name}' FROM {schema}.retention_clearing
    WHERE finished_at IS NULL OR cleared_before < '{kept}'::timestamptz"""


def go_round() -> int:
    """Clear chain after chain, each in transactions of its own, those that have waited longest first; how many chains
    were worked on. What is not done when the time is up is hinted at again. One chain's trouble is not another's.
    """
    until, worked, unfinished = time.monotonic() + ROUND_S, 0, False
    for schema_name in waiting_chains(today=clock.today()):
        if time.monotonic() >= until:
            unfinished = True
            break
        worked += 1
        with work(request_id=current().request_id, chain=schema_name):
            try:
                done = clearing.run(schema_name, seconds=SLICE_S)
            except Exception:  # noqa: BLE001  (whatever it is, the others' records are due all the same)
                _log.exception("clearing failed")
                continue
        unfinished = unfinished or not done.finished
    if unfinished:
        with in_public():
            enqueue(ROUND)
    return worked


def waiting_chains(*, today: date) -> list[str]:
    """The schemas of active chains whose decision of the day is to be made or carried out, those untouched for longest
    first. One question for some hundred schemas, which the one row of each answers.
    """
    with in_public():
        active = list(Chain.objects.filter(state=ChainState.ACTIVE).order_by("pk").values_list("schema_name", "plan"))
    kept = {plan: kept_since(today, features.records_kept_months) for plan, features in PLANS.items()}
    found = ask_all([(name, kept[Plan(plan)].isoformat()) for name, plan in active], _waiting)
    return [name for _touched, name in sorted(found)]


def _waiting(chains: Sequence[tuple[str, str]]) -> list[tuple[float, str]]:
    asked = " UNION ALL ".join(
        _QUESTION.format(schema=quote_schema(name), name=name, kept=kept) for name, kept in chains
    )
    with qualified(), connection.cursor() as cursor:
        cursor.execute(asked)
        return list(cursor.fetchall())
