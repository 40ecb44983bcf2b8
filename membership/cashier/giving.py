"""What a top-up is given: by the chain's rules, or by hand."""

from dataclasses import dataclass
from datetime import datetime

from kernel.calendar import span_of
from kernel.clock import CHINA
from kernel.money import Money
from membership.cards.models import Card
from membership.cashier import locks
from membership.cashier.acting import chain_policy
from membership.cashier.bonus import BonusTerm, best_bonus
from membership.cashier.domain import CardRef, Occasion, bonus_expiry
from membership.cashier.models import BonusRule, MemberTerms
from membership.records.domain import RecordKind
from membership.records.models import Record

_COLUMNS = (
    "id",
    "name",
    "min_paid_fen",
    "kind",
    "value",
    "level_id",
    "store_id",
    "starts_on",
    "ends_on",
    "day_cap_fen",
    "validity_months",
)


@dataclass(frozen=True, slots=True)
class Gift:
    """A bonus in fen, until when it may be used, and the rule that gave it."""

    fen: int
    expires_at: datetime | None = None
    rule: BonusTerm | None = None


def by_hand(bonus: Money, occasion: Occasion) -> Gift:
    """What somebody decided to give; nothing is a decision too."""
    return Gift(bonus.fen, bonus_expiry(occasion.occurred_at, chain_policy().bonus_validity_months))


def by_rule(card: CardRef, paid: Money, occasion: Occasion, *, locking: bool = True) -> Gift:
    """What the chain's rules give for a top-up. Staff take no part (R-I03).

    Where a rule bounds what a member is given in a day, her row is locked: two tills at once do not give it twice.
    ``locking`` is off for a preview.
    """
    terms = bonus_terms()
    if not terms:
        return Gift(0)
    level_id, member_id = Card.objects.values_list("level_id", "member_id").get(id=card.card_id)
    if member_id is not None and MemberTerms.objects.filter(member_id=member_id, is_staff=True).exists():
        return Gift(0)
    day = occasion.occurred_at.astimezone(CHINA).date()
    given: dict[int, int] = {}
    if member_id is not None and any(term.day_cap_fen is not None for term in terms):
        if locking:
            locks.lock_member(member_id)
        given = _given(member_id, occasion)
    best = best_bonus(
        terms, paid_fen=paid.fen, level_id=level_id, store_id=occasion.store_id or 0, day=day, given_today=given
    )
    if best is None:
        return Gift(0)
    months = best.term.validity_months or chain_policy().bonus_validity_months
    return Gift(best.fen, bonus_expiry(occasion.occurred_at, months), best.term)


def bonus_terms() -> list[BonusTerm]:
    """The rules in force, whatever their days."""
    return [BonusTerm(*row) for row in BonusRule.objects.filter(enabled=True).values_list(*_COLUMNS)]


def _given(member_id: int, occasion: Occasion) -> dict[int, int]:
    """What the member was given on that day, by rule; what was taken back is taken off."""
    start, end = span_of(occasion.occurred_at.astimezone(CHINA).date())
    rows = Record.objects.filter(
        card__member_id=member_id,
        kind__in=(RecordKind.TOP_UP, RecordKind.REVERSAL),
        occurred_at__gte=start,
        occurred_at__lt=end,
        detail__has_key="bonus_rule",
    ).values_list("detail", flat=True)
    given: dict[int, int] = {}
    for detail in rows:
        given[detail["bonus_rule"]] = given.get(detail["bonus_rule"], 0) + detail["bonus_fen"]
    return given
