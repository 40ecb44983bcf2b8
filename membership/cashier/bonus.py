"""Which bonus a top-up brings: pure (R-E08, R-G06)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

_WHOLE_BP = 10_000


class BonusKind(models.TextChoices):
    """How a rule states its bonus."""

    FIXED = "FIXED", _("固定金额")
    """So many fen, once, however much above the threshold is paid."""
    PERCENT = "PERCENT", _("按比例")
    """A part of what is paid, rounded down to whole fen."""


@dataclass(frozen=True, slots=True)
class BonusTerm:
    """One rule. ``value``: fen, or hundredths of a percent. ``None`` is: every level, every store, open, no cap."""

    id: int
    name: str
    min_paid_fen: int
    kind: str
    value: int
    level_id: int | None = None
    store_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    day_cap_fen: int | None = None
    validity_months: int | None = None


@dataclass(frozen=True, slots=True)
class Bonus:
    """What is given, by which rule."""

    fen: int
    term: BonusTerm


def best_bonus(
    terms: Sequence[BonusTerm], *, paid_fen: int, level_id: int, store_id: int, day: date, given_today: dict[int, int]
) -> Bonus | None:
    """The rule that gives most for this top-up, with what it gives; None when none gives anything.

    ``given_today``: what the member was given this day already, by rule. Of rules that give the same, the one with the
    higher threshold decides, then the older one.
    """
    found = [
        Bonus(fen, term)
        for term in terms
        if _fits(term, paid_fen, level_id, store_id, day)
        if (fen := _gives(term, paid_fen, given_today.get(term.id, 0))) > 0
    ]
    return max(found, key=lambda bonus: (bonus.fen, bonus.term.min_paid_fen, -bonus.term.id), default=None)


def _fits(term: BonusTerm, paid_fen: int, level_id: int, store_id: int, day: date) -> bool:
    return (
        paid_fen >= term.min_paid_fen
        and term.level_id in (None, level_id)
        and term.store_id in (None, store_id)
        and (term.starts_on is None or term.starts_on <= day)
        and (term.ends_on is None or day <= term.ends_on)
    )


def _gives(term: BonusTerm, paid_fen: int, given_fen: int) -> int:
    fen = term.value if term.kind == BonusKind.FIXED else paid_fen * term.value // _WHOLE_BP
    return fen if term.day_cap_fen is None else min(fen, max(term.day_cap_fen - given_fen, 0))
