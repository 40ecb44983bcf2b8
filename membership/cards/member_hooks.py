"""What happens to cards when members are merged, told or forgotten. Registered when Django starts."""

from datetime import date
from typing import Any, Final

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from kernel.calendar import add_months
from kernel.clock import CHINA
from kernel.money import Money
from ledger.models import Entry
from membership.cards.domain import ENDED
from membership.cards.models import Card, CardRules
from membership.members import merging, rights, sharing
from membership.members.models import Member

# 单用途商业预付卡管理办法: who bought a registered card is known for five years at least.
_IDENTITY_KEPT_MONTHS: Final = 60


@sharing.forbids
def one_member_per_id() -> bool:
    """The chain wants one file for one document (R-H02)."""
    return CardRules.objects.get().one_member_per_id


@merging.register
def move_cards(merge: merging.Merge) -> dict[str, Any]:
    """Her cards are the other's from now on; what is on them stays on them."""
    held = Card.objects.select_for_update(no_key=True).filter(member=merge.source).order_by("pk")
    numbers = [card.number for card in held]
    Card.objects.filter(member=merge.source).update(member=merge.target)
    return {"cards": numbers}


@rights.tells
def told_cards(member: Member) -> dict[str, Any]:
    """Her cards and what is on them."""
    found = Card.objects.filter(member=member).select_related("level", "stored_account", "points_account")
    return {
        "cards": [
            {
                "number": card.number,
                "level": card.level.name,
                "status": str(card.get_status_display()),
                "balance_fen": card.stored_account.balance if card.stored_account else 0,
                "points": card.points_account.balance if card.points_account else 0,
                "issued_at": card.issued_at.isoformat() if card.issued_at else None,
                "valid_until": card.valid_until.isoformat() if card.valid_until else None,
            }
            for card in found.order_by("pk")
        ]
    }


@rights.obstructs
def cards_in_use(member: Member) -> list[str]:
    """Cards that still hold something, or could be used."""
    found = Card.objects.select_for_update(no_key=True, of=("self",)).filter(member=member).order_by("pk")
    return [said for card in found.select_related("stored_account", "points_account") if (said := _in_the_way(card))]


@rights.retains
def identity_kept(member: Member) -> date | None:
    """Until when the law wants to know who had her cards: five years after money last moved on one."""
    return kept_after(Card.objects.filter(member=member, stored_account__isnull=False).values("stored_account_id"))


def kept_after(account_ids: QuerySet[Any]) -> date | None:
    """Until when the owner of these accounts is to be known: five years after money last moved on one of them; None
    where it never did. ``account_ids``: a query for their keys.
    """
    last = Entry.objects.filter(account_id__in=account_ids).aggregate(last=Max("posting__occurred_at"))["last"]
    return None if last is None else add_months(last.astimezone(CHINA).date(), _IDENTITY_KEPT_MONTHS)


def _in_the_way(card: Card) -> str:
    if card.stored_account is not None and card.stored_account.balance:
        balance = Money(card.stored_account.balance).format()
        return _("会员卡 %(number)s 还有余额 %(balance)s") % {"number": card.number, "balance": balance}
    if card.points_account is not None and card.points_account.balance:
        return _("会员卡 %(number)s 还有积分") % {"number": card.number}
    if card.status not in ENDED:
        return _("会员卡 %(number)s 还未退会") % {"number": card.number}
    return ""
