"""Counting usage. In the public schema, in an open transaction; what is counted is only read."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import connection

from billing.metering.domain import Meter, first_id, hour_of
from billing.metering.registry import METERS
from kernel import clock
from kernel.db import ask_all, qualified, quote_schema
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain

_SCHEMAS_AT_ONCE: Final = 100
# Only hours that have calls are written; a count that has not changed stays as it is. It never falls: rows are only
# added, and those that are cleared after their time were made none the less.
_KEEP: Final = """
    INSERT INTO public.metering_usagecount AS kept (chain_id, meter, hour, quantity, counted_at)
    SELECT c.chain_id, %(meter)s, c.hour, c.quantity, %(now)s FROM ({counts}) AS c
    ORDER BY c.chain_id, c.hour
    ON CONFLICT (chain_id, meter, hour) DO UPDATE SET quantity = excluded.quantity, counted_at = excluded.counted_at
    WHERE kept.quantity < excluded.quantity
"""
_OF_CHAIN: Final = """
    SELECT {chain_id}::bigint AS chain_id, date_trunc('hour', at, 'UTC') AS hour, count(*) AS quantity
    FROM ({rows}) AS calls GROUP BY 2
"""


def count_usage(*, since: datetime, chain_ids: Sequence[int] | None = None) -> int:
    """Count every meter of every active chain anew from the hour of ``since`` on; how many counts changed.

    With ``chain_ids``, of these, whose schemas must be there: a chain that leaves is counted once more. Otherwise a
    chain that cannot be counted now is told of in the log, and counted when it can be, until that month is closed.
    """
    counted = Chain.objects.order_by("pk")
    counted = counted.filter(state=ChainState.ACTIVE) if chain_ids is None else counted.filter(pk__in=chain_ids)
    chains = list(counted.values_list("pk", "schema_name"))
    changed = 0
    for meter in METERS.values():
        count = partial(_count, meter, since=hour_of(since))
        changed += sum(ask_all(chains, count, at_once=_SCHEMAS_AT_ONCE) if chain_ids is None else count(chains))
    return changed


def _count(meter: Meter, chains: Sequence[tuple[int, str]], *, since: datetime) -> list[int]:
    if not chains:
        return []
    counts = " UNION ALL ".join(
        _OF_CHAIN.format(chain_id=int(pk), rows=meter.rows.replace("{s}", quote_schema(schema)))
        for pk, schema in chains
    )
    params: dict[str, Any] = {"meter": meter.code, "now": clock.now(), "since": since, "first_id": str(first_id(since))}
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_KEEP.format(counts=counts), params)
        return [cursor.rowcount]
