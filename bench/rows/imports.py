"""Importing pre-made cards, read from a CSV, checked and made, beside Django's bulk_create of the same cards."""

import itertools
import time
from collections.abc import Iterator
from typing import Final

from django.db import connections

from bench.results import Plan, Result, best_of
from bench.seeding import request_bench_chain
from kernel import clock
from kernel.db import in_chain, in_public, quote_schema
from membership.cards.domain import CardStatus
from membership.cards.models import Card, CardLevel
from membership.imports import running, services
from membership.imports.domain import ImportState
from membership.imports.models import Import
from tenants.chains.provisioning import provision
from tenants.chains.versions import OWNER
from tenants.people.domain import SYSTEM
from tenants.stores.models import Store

_ROWS: Final = 100_000
_ROWS_FULL: Final = 1_000_000
_GOAL: Final = 1 / 6
_NOTE: Final = (
    "the import takes the file in, keeps it encrypted, reads it, stages its rows, checks them against each other and "
    "the database, and makes the cards; bulk_create is given the cards as objects and checks nothing"
)


def measure(plan: Plan) -> list[Result]:
    """Both fill the same empty table."""
    rows = _ROWS_FULL if plan.full else _ROWS
    chain = request_bench_chain("imports")
    provision(chain.pk)
    names = itertools.count(1)

    def ours() -> float:
        _empty(chain.schema_name)
        began = time.perf_counter()
        _import(chain.schema_name, rows, f"{next(names)}.csv")
        return time.perf_counter() - began

    def peer() -> float:
        _empty(chain.schema_name)
        began = time.perf_counter()
        _bulk_create(chain.schema_name, rows)
        return time.perf_counter() - began

    found = best_of(plan, {"ours": ours, "peer": peer}, best=min)
    return [
        Result(
            path=f"import of {rows:,} cards from a file, checked",
            against="bulk_create, unchecked",
            unit="s",
            ours=found["ours"],
            peer=found["peer"],
            goal=_GOAL,
            more_is_better=False,
            note=_NOTE,
        )
    ]


def _import(schema_name: str, rows: int, filename: str) -> None:
    with in_chain(schema_name):
        imported = services.upload(
            actor=SYSTEM,
            kind_code="CARDS",
            content=_file(rows),
            filename=filename,
            store_id=Store.objects.values_list("pk", flat=True)[0],
            again=True,
        )
    running.advance(schema_name, imported.pk)
    with in_chain(schema_name):
        services.confirm(actor=SYSTEM, import_id=imported.pk)
    running.advance(schema_name, imported.pk)
    with in_chain(schema_name):
        done = Import.objects.get(pk=imported.pk)
    if (done.state, done.taken) != (ImportState.DONE, rows):
        raise RuntimeError(f"the import ended {done.state} with {done.taken} rows")


def _file(rows: int) -> Iterator[bytes]:
    yield "卡号,内部编码,级别,类型\n".encode()
    for begin in range(0, rows, 10_000):
        lines = (f"66{n:08d},A{n:09d},GOLD,ORDINARY\n" for n in range(begin, min(begin + 10_000, rows)))
        yield "".join(lines).encode()


def _bulk_create(schema_name: str, rows: int) -> None:
    with in_chain(schema_name):
        level, now = CardLevel.objects.get(code="GOLD"), clock.now()
        cards = (
            Card(
                number=f"66{n:08d}",
                internal_code=f"A{n:09d}",
                type_id=1,
                level=level,
                status=CardStatus.IDLE,
                made_at=now,
            )
            for n in range(rows)
        )
        while batch := list(itertools.islice(cards, 5_000)):
            Card.objects.bulk_create(batch)


def _empty(schema_name: str) -> None:
    with in_public(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(f"TRUNCATE {quote_schema(schema_name)}.cards_card CASCADE")
    with connections[OWNER].cursor() as cursor:
        # What one contender left behind, the other must not sweep up.
        cursor.execute(f"VACUUM {quote_schema(schema_name)}.imports_importrow")
