"""Where blank cards lie, and arithmetic on runs of them. No database, no clock."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import tidy_number


class PlaceState(models.TextChoices):
    """Where a card of a range lies (R-F05)."""

    CENTRAL = "CENTRAL", _("总部库存")
    """Made, with no store yet."""
    TRANSIT = "TRANSIT", _("下发在途")
    """On its way; the store has not signed for it."""
    STORE = "STORE", _("门店库存")
    """Signed for by the store's keeper."""
    DRAWN = "DRAWN", _("已领用")
    """Drawn from the keeper by a counter or a consultant (R-F08, R-M02)."""
    ISSUED = "ISSUED", _("已发卡")
    MISSING = "MISSING", _("盘亏")
    """A count did not find it: it cannot be issued (R-M06)."""
    DESTROYED = "DESTROYED", _("已销毁")


KEPT: Final = (PlaceState.STORE, PlaceState.DRAWN)
"""What a store must be able to show when it is counted."""


class CountCycle(models.TextChoices):
    """How often a store counts its blank cards (R-F06)."""

    MONTHLY = "MONTHLY", _("每月")
    QUARTERLY = "QUARTERLY", _("每季度")


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Consecutive cards of one range, both ends included, by their positions in it."""

    range_id: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def merged(runs: Iterable[Run]) -> list[Run]:
    """The same cards in as few runs as can be, in order; what is named twice counts once."""
    found: list[Run] = []
    for run in sorted(runs):
        last = found[-1] if found else None
        if last is not None and last.range_id == run.range_id and run.first <= last.last + 1:
            found[-1] = Run(run.range_id, last.first, max(last.last, run.last))
        else:
            found.append(run)
    return found


def without(runs: Iterable[Run], taken: Iterable[Run]) -> list[Run]:
    """The cards of ``runs`` that are not in ``taken``."""
    holes = merged(taken)
    return [left for run in merged(runs) for left in _cut(run, holes)]


def common(runs: Iterable[Run], others: Iterable[Run]) -> list[Run]:
    """The cards that are in both."""
    kept = merged(runs)
    return without(kept, without(kept, others))


def size(runs: Iterable[Run]) -> int:
    """How many cards these runs hold; they do not overlap."""
    return sum(len(run) for run in runs)


def _cut(run: Run, holes: Iterable[Run]) -> Iterator[Run]:
    start = run.first
    for hole in holes:
        if hole.range_id != run.range_id or hole.last < start or hole.first > run.last:
            continue
        if hole.first > start:
            yield Run(run.range_id, start, hole.first - 1)
        start = hole.last + 1
    if start <= run.last:
        yield Run(run.range_id, start, run.last)


# ── What is typed or scanned ──────────────────────────────────────────────────────────────────────────────────────

LARGEST_LIST: Final = 20_000
_LINES: Final = re.compile(r"[\n,;，；、]+")
_BETWEEN: Final = re.compile(r"\s*(?:至|到|~|～|—|–|\.\.)\s*|(?<=[0-9A-Za-z])\s+-\s+(?=[0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Span:
    """Card numbers from … to …, as somebody wrote them down; one scanned card is a span of itself."""

    first: str
    last: str


def read_spans(text: str) -> list[Span]:
    """What was typed or scanned, one card or one ``first 至 last`` a line; commas separate too.

    A hyphen stands within a number (``8800-0001``); with spaces around it, between two.
    """
    spans = []
    for line in _LINES.split(text):
        ends = [tidy_number(end) for end in _BETWEEN.split(line.strip()) if end.strip()]
        if ends:
            spans.append(Span(ends[0], ends[-1]))
    return spans
