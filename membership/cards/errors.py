"""Refusals that concern a card, shared by issue, till and portal."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class CardNotFound(DomainError):
    """No card has this number."""

    code = "card_not_found"
    status = 404
    message = _("没有卡号为“{card_number}”的会员卡。请核对卡号。")


class CardNotUsable(DomainError):
    """The card's state or validity forbids its use; what is on it stays on it. Subclasses name the reason."""

    code = "card_not_usable"
    status = 409
    message = _("会员卡 {card_number} 目前不能使用。卡内余额不受影响。")


class CardIdle(CardNotUsable):
    """The card belongs to nobody yet."""

    code = "card_idle"
    message = _("会员卡 {card_number} 尚未发给会员，请先发卡。")


class CardNotActivated(CardNotUsable):
    """The card was issued and awaits activation (R-B30)."""

    code = "card_issued"
    message = _("会员卡 {card_number} 已发卡但尚未激活，请先激活。")


class CardLost(CardNotUsable):
    """Reported lost (R-J02)."""

    code = "card_lost"
    message = _("会员卡 {card_number} 已挂失，不能使用。卡内余额不受影响。")


class CardFrozen(CardNotUsable):
    """Frozen; reopened free of charge."""

    code = "card_frozen"
    message = _("会员卡 {card_number} 已冻结，不能使用。卡内余额不受影响，可免费解冻。")


class CardPinLocked(CardNotUsable):
    """Too many wrong PINs at a till."""

    code = "card_pin_locked"
    message = _("会员卡 {card_number} 因密码多次输错已锁定，请凭证件解锁。卡内余额不受影响。")


class CardExpired(CardNotUsable):
    """The card's validity has ended (R-C04); its value stays owed (X-12)."""

    code = "card_expired"
    message = _("会员卡 {card_number} 已过有效期，不能使用。卡内余额不受影响，可免费重新激活。")


class CardAccountExpired(CardNotUsable):
    """The account's validity has ended (R-C04); its value stays owed (X-12)."""

    code = "card_account_expired"
    message = _("会员卡 {card_number} 的账户已过有效期，不能使用。余额不受影响，可免费重新激活。")


class CardReplaced(CardNotUsable):
    """Its value has moved to another card."""

    code = "card_replaced"
    message = _("会员卡 {card_number} 已换成新卡，请使用新卡。")


class CardWithdrawn(CardNotUsable):
    """The member has left."""

    code = "card_withdrawn"
    message = _("会员卡 {card_number} 已退会，不能使用。")


class CardCollected(CardNotUsable):
    """Handed in."""

    code = "card_collected"
    message = _("会员卡 {card_number} 已回收，不能使用。")


class CardDestroyed(CardNotUsable):
    """Destroyed."""

    code = "card_destroyed"
    message = _("会员卡 {card_number} 已销毁，不能使用。")


class CardLocked(CardNotUsable):
    """Locked, whatever its status (R-C13)."""

    code = "card_locked"
    message = _("会员卡 {card_number} 已锁定，不能使用。卡内余额不受影响。")


class PinRequired(DomainError):
    """The card's type, or the chain's rule, wants the PIN for this (X-16, X-19); none was proved, or an older one."""

    code = "pin_required"
    status = 409
    message = _("这一笔需要消费密码，请持卡人输入。未扣款。")


class WrongPin(DomainError):
    """Counted: so many more in a row lock the card (X-19)."""

    code = "wrong_pin"
    status = 409
    message = _("密码不正确，还可再试 {left} 次，之后这张卡将锁定。未扣款。")


_BY_CODE = {kind.code: kind for kind in CardNotUsable.__subclasses__()}


def not_usable(reason: str, *, card_number: str) -> CardNotUsable:
    """The error for a reason that ``cards.domain.refusal`` gave."""
    return _BY_CODE[reason](card_number=card_number)
