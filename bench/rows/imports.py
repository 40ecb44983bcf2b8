"""Importing pre-made cards, read from a CSV, checked and made, beside Django's bulk_create of the same cards.

Each in a process and a chain of its own: the process tells how much memory it took, and what one contender left behind,
the other need not sweep up.
"""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final

import django
from django.db import connections

if __name__ == "__main__":
    # Rows read models.
    django.setup()

from bench.memory import peak_mib
from bench.results import Plan, Result, best_of
from bench.seeding import request_bench_chain
from bench.serving import ROOT
from kernel import clock
from kernel.db import in_chain, in_public, quote_schema
from membership.cards.domain import CardStatus
from membership.cards.models import Card, CardLevel
from membership.imports import running, services
from membership.imports.domain import ImportState
from membership.imports.models import Import
from membership.stock.domain import PlaceState
from membership.stock.models import CardPlace, CardRange
from tenants.chains.provisioning import provision
from tenants.chains.versions import OWNER
from tenants.people.domain import SYSTEM
from tenants.stores.models import Store

_ROWS: Final = 100_000
_ROWS_FULL: Final = 1_000_000
_GOAL: Final = 1 / 6
_MOST_MIB: Final = 256.0
_NOTE: Final = (
    "the import takes the file in, keeps it encrypted, reads it, stages its rows, checks them against each other and "
    "the database, makes the cards and puts them into stock; bulk_create is given cards and places in stock as "
    "objects and checks nothing"
)


def measure(plan: Plan) -> list[Result]:
    """Time beside bulk_create's, and memory beside the limit."""
    rows = _ROWS_FULL if plan.full else _ROWS
    numbers, memory = itertools.count(1), list[float]()

    def ours() -> float:
        seconds, mebibytes = _in_a_chain("ours", rows, next(numbers))
        memory.append(mebibytes)
        return seconds

    found = best_of(plan, {"ours": ours, "peer": lambda: _in_a_chain("peer", rows, next(numbers))[0]}, best=min)
    path = f"import of {rows:,} cards from a file, checked"
    return [
        Result(
            path, "bulk_create, unchecked", "s", found["ours"], found["peer"], _GOAL, more_is_better=False, note=_NOTE
        ),
        Result(f"{path}, memory", "the limit", "MiB", max(memory), _MOST_MIB, 1.0, more_is_better=False),
    ]


def _in_a_chain(who: str, rows: int, number: int) -> tuple[float, float]:
    chain = request_bench_chain(f"imports{number}")
    provision(chain.pk)
    command = [sys.executable, "-m", "bench.rows.imports", who, str(rows), chain.schema_name]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    with in_public(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {quote_schema(chain.schema_name)} CASCADE")
    seconds, mebibytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, mebibytes


def _import(schema_name: str, rows: int) -> None:
    with in_chain(schema_name):
        imported = services.upload(
            actor=SYSTEM,
            kind_code="CARDS",
            content=_file(rows),
            filename="cards.csv",
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
            made = Card.objects.bulk_create(batch)
            cards_range = CardRange.objects.create(
                type_id=1,
                level=level,
                first=made[0].number,
                last=made[-1].number,
                quantity=len(made),
                made_at=now,
            )
            CardPlace.objects.bulk_create(
                CardPlace(card=card, range=cards_range, position=place, state=PlaceState.CENTRAL)
                for place, card in enumerate(made, 1)
            )


def _main() -> None:
    who, rows, schema_name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    began = time.perf_counter()
    if who == "ours":
        _import(schema_name, rows)
    else:
        _bulk_create(schema_name, rows)
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, peak_mib()]))


if __name__ == "__main__":
    _main()
