"""A chain's standing with the platform, pure: how what comes in and what is charged fall on its two accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from tenants.people.domain import Actor

PREPAID: Final = "CHAIN_PREPAID"
"""What a chain has with the platform: CNY, never below zero (R-A20)."""
ARREARS: Final = "CHAIN_ARREARS"
"""What a chain owes the platform: CNY, never above zero."""


GRACE: Final = timedelta(days=15)
"""How long a chain may owe before it may promise its members nothing new."""


class Contra(TextChoices):
    """The other side of what moves on a chain's accounts, as the ledger writes it."""

    CASH_STRIPE = "CASH_STRIPE", _("网上收款")
    """Paid through the payment service; refunds go back there."""
    CASH_ADJUSTMENT = "CASH_ADJUSTMENT", _("人工调整")
    """Set right by hand, by two people."""
    REVENUE = "REVENUE", _("平台收入")
    """Charged for what the chain uses."""


class PostingKind(TextChoices):
    """What happened on a chain's account, where this app or the payments write it. Others name their own kinds."""

    CHAIN_TOP_UP = "CHAIN_TOP_UP", _("账户充值")
    CHAIN_REFUND = "CHAIN_REFUND", _("充值退款")
    CHAIN_REFUND_BACK = "CHAIN_REFUND_BACK", _("退款退回")
    CHAIN_ADJUSTMENT = "CHAIN_ADJUSTMENT", _("人工调整")


_CREDIT_KINDS: Final[Mapping[str, str]] = {
    Contra.CASH_STRIPE: PostingKind.CHAIN_TOP_UP,
    Contra.CASH_ADJUSTMENT: PostingKind.CHAIN_ADJUSTMENT,
}


class AccountTooLow(DomainError):
    """The chain's prepaid account holds less than the act costs, and the act may not be owed."""

    code = "account_too_low"
    status = 402
    message = _("商户账户余额不足：需要 {needed}，可用 {available}。未扣款，也未作任何更改，请先充值。")


class AdjustmentEmpty(DomainError):
    """An adjustment of nothing, or one that says no reason."""

    code = "adjustment_empty"
    status = 422
    message = _("请填写不为零的金额和调整原因。未作任何更改。")


class AdjustmentDecided(DomainError):
    """Somebody has approved or rejected it before."""

    code = "adjustment_decided"
    status = 409
    message = _("这笔调整已有人处理过，请刷新页面查看结果。")


class AdjustmentNotFound(DomainError):
    """There is no such adjustment."""

    code = "adjustment_not_found"
    status = 404
    message = _("找不到这笔调整。")


class AdjustmentOwn(DomainError):
    """Four eyes: who asked for an adjustment does not decide on it."""

    code = "adjustment_own"
    status = 403
    message = _("调整须由另一位平台员工审批，未作任何更改。")


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """What a chain has with us and what it owes us, in fen; neither is negative, and one of them is zero."""

    prepaid_fen: int = 0
    arrears_fen: int = 0

    def credited(self, amount_fen: int) -> "AccountStanding":
        """After money came in: what is owed is paid first."""
        paid = min(amount_fen, self.arrears_fen)
        return AccountStanding(self.prepaid_fen + amount_fen - paid, self.arrears_fen - paid)

    def debited(self, amount_fen: int) -> "AccountStanding":
        """After a charge: what the account does not cover is owed."""
        taken = min(amount_fen, self.prepaid_fen)
        return AccountStanding(self.prepaid_fen - taken, self.arrears_fen + amount_fen - taken)


@dataclass(frozen=True, slots=True)
class Debit:
    """One charge, posted once under its ``key``. ``may_owe``: what the account does not cover becomes arrears; without,
    the charge is refused whole.

    ``kind`` names what was charged (in capitals), ``memo`` what a reader needs to check it.
    """

    chain_id: int
    amount_fen: int
    key: str
    kind: str
    actor: Actor
    occurred_at: datetime
    may_owe: bool
    memo: Mapping[str, Any] = field(default_factory=dict)
    contra: str = Contra.REVENUE

    def __post_init__(self) -> None:
        if self.amount_fen <= 0:
            raise ValueError("a debit takes something")


def credit_kind(source: str) -> str:
    """The kind of posting that money from this source makes.

    Raises:
        ValueError: no money comes from there.
    """
    try:
        return _CREDIT_KINDS[source]
    except KeyError:
        raise ValueError(f"{source} is no source of credit") from None
