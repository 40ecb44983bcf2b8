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
class Presented:
    """What a till knows of whoever presents a card."""

    vehicle_id: int | None = None
    """The vehicle that is served."""
    holder_proved: bool = False
    """By PIN or by an ID that was looked at."""


def use_refusal(*, use_by: str, bound_vehicle_id: int | None, presented: Presented) -> str | None:
    """The stable code of the reason why the card does not serve whoever presents it, or None when it does (X-16).

    A card that is bound serves its vehicle only (R-B15); one that is not follows its holder and all her vehicles
    (R-B16).
    """
    if bound_vehicle_id is not None and presented.vehicle_id != bound_vehicle_id:
        return "card_other_vehicle"
    if use_by == UseBy.HOLDER and not presented.holder_proved:
        return "card_holder_only"
    return None


def pin_asked(*, ask: str, above_fen: int, amount_fen: int) -> bool:
    """Whether a till asks for the PIN before taking ``amount_fen``."""
    return ask == PinAsk.ALWAYS or (ask == PinAsk.ABOVE and amount_fen > above_fen)


def pin_free_fen(*, use_by: str, ask: str, above_fen: int) -> int | None:
    """The most, in fen, that a till takes without the PIN; None where it never asks.

    A card that serves its holder alone has her prove by PIN who she is (X-16).
    """
    if use_by == UseBy.HOLDER or ask == PinAsk.ALWAYS:
        return 0
    return above_fen if ask == PinAsk.ABOVE else None


def lawful_cap_fen(*, member_required: bool) -> int:
    """The most that cards of a type may hold by law, in fen."""
    return REGISTERED_CAP_FEN if member_required else BEARER_CAP_FEN
