"""Clearing a night's expired records, beside the better of one DELETE and dropping a partition.

All three take the same rows out of the same table; ours out of an archive that was read back, as it always does. What
the archive itself costs is told beside it.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, connections, transaction

from bench.results import Plan, Result, best_of
from bench.seeding import BenchChain, seed_chain
from kernel import clock
from kernel.db import in_chain, qualified
from membership.records.queries import kept_since
from membership.retention import archives, clearing
from membership.retention.domain import ArchiveState
from membership.retention.models import Archive, Clearing

KEPT: Final = 50_000
NIGHT: Final = clearing.ARCHIVE_AT_MOST
"""What a very busy chain's night clears: 1.8 million records a year. More goes to several archives."""
SIZES: Final = (500, 2_000, NIGHT)
MONTHS: Final = 3
_CARDS: Final = 50
_SAID: Final = {"ours": "ours", "DELETE": "DELETE", "drop": "partition drop", "whole": "ours with writing the archive"}

_FILL: Final = """
    INSERT INTO {table} (id, card_id, kind, amount_fen, balance_after_fen, store_id, actor, actor_name, posting_id,
        occurred_at, detail)
    SELECT gen_random_uuid(), {card} + mod(n, {cards}), 'CONSUMPTION', -100, 1000, {store}, 'api:1', '测试', NULL,
        %(first)s::timestamptz + n * interval '1 second', '{{"note": "标准洗车", "drawn": {{"BONUS": 100}}}}'
    FROM generate_series(1, %(rows)s) AS n"""


def measure(plan: Plan) -> list[Result]:
    """One chain, filled anew before each measurement."""
    chain = seed_chain("cleared", cards=_CARDS)
    now = clock.now()
    with in_chain(chain.schema_name):
        _fill(chain, rows=KEPT, first=now - timedelta(days=20))
    _make_partitioned(chain)
    contenders = {
        f"{name} {rows}": _timed(act, chain, rows)
        for rows in SIZES
        for name, act in (("ours", _ours), ("DELETE", _delete), ("drop", _drop), ("whole", _whole))
    }
    best = best_of(plan, contenders, best=min)
    crossing = next((rows for rows in SIZES if best[f"drop {rows}"] < best[f"DELETE {rows}"]), None)
    told = "; ".join(
        f"{rows:,} rows: " + ", ".join(f"{said} {best[f'{name} {rows}'] * 1000:.1f}" for name, said in _SAID.items())
        for rows in SIZES
    )
    begins = (
        f"from between {_before(crossing):,} and {crossing:,} rows on"
        if crossing
        else f"up to {SIZES[-1]:,} rows never"
    )
    return [
        Result(
            path=f"clearing {NIGHT:,} expired records of {KEPT + NIGHT:,}",
            against="the better of DELETE and partition drop",
            unit="s",
            ours=best[f"ours {NIGHT}"],
            peer=min(best[f"DELETE {NIGHT}"], best[f"drop {NIGHT}"]),
            goal=1.2,
            more_is_better=False,
            note=f"in ms, {told}. Dropping a partition is the better {begins}",
        )
    ]


def _before(crossing: int) -> int:
    place = SIZES.index(crossing)
    return SIZES[place - 1] if place else 0


def _timed(act: Callable[[BenchChain, int], float], chain: BenchChain, rows: int) -> Callable[[], float]:
    return lambda: act(chain, rows)


def _filling(chain: BenchChain, table: str) -> str:
    return _FILL.format(table=table, card=chain.first_card_id, cards=_CARDS, store=chain.store_id)


def _fill(chain: BenchChain, *, rows: int, first: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_filling(chain, "records_record"), {"first": first, "rows": rows})


def _expired(chain: BenchChain, rows: int) -> None:
    """Fill the table with what is too old, and let the decision of the day be open again."""
    with in_chain(chain.schema_name):
        _fill(chain, rows=rows, first=kept_since(clock.today(), MONTHS) - timedelta(days=2))
        Clearing.objects.update(cleared_before=None, finished_at=None, touched_at=None)


def _ours(chain: BenchChain, rows: int) -> float:
    """From an archive that was read back to the last row."""
    _expired(chain, rows)
    clearing.run(chain.schema_name, seconds=0, rests=0)
    with in_chain(chain.schema_name):
        archive = Archive.objects.select_related("file").get(state=ArchiveState.WRITTEN)
        archives.verify(archive.file, records=archive.records, sha256=archive.sha256)
        Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.VERIFIED, verified_at=clock.now())
    began = time.perf_counter()
    cleared = clearing.run(chain.schema_name, seconds=0, rests=0).records
    took = time.perf_counter() - began
    if cleared != rows:
        raise RuntimeError(f"{cleared} of {rows} were cleared")
    return took


def _whole(chain: BenchChain, rows: int) -> float:
    """The night's run: decide, write, read back, delete."""
    _expired(chain, rows)
    began = time.perf_counter()
    cleared = clearing.run(chain.schema_name, seconds=60, rests=0).records
    took = time.perf_counter() - began
    if cleared != rows:
        raise RuntimeError(f"{cleared} of {rows} were cleared")
    return took


def _delete(chain: BenchChain, rows: int) -> float:
    _expired(chain, rows)
    before = kept_since(clock.today(), MONTHS)
    began = time.perf_counter()
    with in_chain(chain.schema_name), connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_record WHERE occurred_at < %s", [before])
        deleted = cursor.rowcount
    took = time.perf_counter() - began
    if deleted != rows:
        raise RuntimeError(f"{deleted} of {rows} were deleted")
    return took


def _make_partitioned(chain: BenchChain) -> None:
    """The same table in parts by time, with the same indexes."""
    _as_owner(
        f"CREATE TABLE {chain.schema_name}.parted (LIKE {chain.schema_name}.records_record)"
        " PARTITION BY RANGE (occurred_at)",
        f"CREATE INDEX ON {chain.schema_name}.parted (card_id, occurred_at DESC, id DESC)",
        f"CREATE INDEX ON {chain.schema_name}.parted (occurred_at DESC, id DESC)",
        f"CREATE INDEX ON {chain.schema_name}.parted (id)",
        f"CREATE TABLE {chain.schema_name}.parted_rest PARTITION OF {chain.schema_name}.parted DEFAULT",
    )


def _drop(chain: BenchChain, rows: int) -> float:
    """The old part alone in a partition of its own, which is dropped."""
    before = kept_since(clock.today(), MONTHS)
    _as_owner(
        f"CREATE TABLE {chain.schema_name}.parted_old PARTITION OF {chain.schema_name}.parted"
        f" FOR VALUES FROM (MINVALUE) TO ('{before.isoformat()}')",
        _filling(chain, f"{chain.schema_name}.parted"),
        params={"first": before - timedelta(days=2), "rows": rows},
    )
    began = time.perf_counter()
    _as_owner(f"DROP TABLE {chain.schema_name}.parted_old")
    return time.perf_counter() - began


def _as_owner(*statements: str, params: dict[str, object] | None = None) -> None:
    with qualified(using="owner"), transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, params if "%(" in statement else None)
