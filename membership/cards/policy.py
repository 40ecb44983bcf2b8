"""What a card type may say, as values: kinds, whom the card serves, when the PIN is asked. No database, no clock."""

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

REGISTERED_CAP_FEN: Final = 500_000
"""CNY 5,000: the most a registered card may hold (单用途商业预付卡管理办法)."""
BEARER_CAP_FEN: Final = 100_000
"""CNY 1,000: the most a bearer card may hold (X-27)."""
BEARER_VALIDITY_MONTHS: Final = 36
"""A bearer card is valid for three years at least (X-27)."""


class TypeKind(models.TextChoices):
    """What a card type is to the rules of the house (R-E02 – R-E07, R-L01)."""

    ORDINARY = "ORDINARY", _("普通卡")
    """Points, top-up, consumption, all offers (R-E02)."""
    GIFT = "GIFT", _("礼品卡")
    """No points, no member's data, kept apart from ordinary cards (R-E03)."""
    SPECIAL = "SPECIAL", _("特定卡")
    """Only after operations, finance and the general manager have approved it (R-E07)."""
    COMPLIMENTARY = "COMPLIMENTARY", _("赠送卡")
    """Approved by the general manager, issued by finance (R-L02)."""


class UseBy(models.TextChoices):
    """Whom a card serves (X-16)."""

    HOLDER = "HOLDER", _("仅限本人")
    """The member herself (R-N07, R-P13)."""
    BEARER = "BEARER", _("持卡人")
    """Whoever holds it (R-L11)."""
    VEHICLE = "VEHICLE", _("绑定车辆")
    """The vehicle it is bound to (R-C08)."""


class PinAsk(models.TextChoices):
    """When a till asks for the PIN."""

    NEVER = "NEVER", _("不验密码")
    ABOVE = "ABOVE", _("超过限额时验密码")
    ALWAYS = "ALWAYS", _("每次验密码")


@dataclass(frozen=True, slots=True)
class PinProof:
    """That whoever presented a card knew its PIN just now. ``cards.services.check_till_pin`` alone makes it, of a PIN
    that was right; it proves nothing for another card, nor once the card has another PIN.
    """

    card_id: int
    pin_version: int


def pin_free_fen(*, use_by: str, ask: str, above_fen: int) -> int | None:
    """The most, in fen, that is taken without the PIN; None where it is never asked.

    A card that serves its holder alone has her prove by PIN who she is (X-16).
    """
    if use_by == UseBy.HOLDER or ask == PinAsk.ALWAYS:
        return 0
    return above_fen if ask == PinAsk.ABOVE else None


def pin_asked(*, free_fen: int | None, amount_fen: int) -> bool:
    """Whether the PIN is asked for before taking ``amount_fen``, where ``free_fen`` go without (``pin_free_fen``).

    Where nothing is free it is asked even for a use that costs nothing, such as one count of a package that was a gift.
    """
    return free_fen is not None and (free_fen == 0 or amount_fen > free_fen)


def lawful_cap_fen(*, member_required: bool) -> int:
    """The most that cards of a type may hold by law, in fen."""
    return REGISTERED_CAP_FEN if member_required else BEARER_CAP_FEN
