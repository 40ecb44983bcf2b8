"""Refusals at a till, in words a cashier can act on; the ledger's own refusals stand beside them."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money
from ledger.domain import Refused
from ledger.errors import error_of


class InsufficientBalance(DomainError):
    """The card holds less, in lots that may be used today, than was asked for."""

    code = "insufficient_balance"
    status = 409
    message = _("余额不足：可用 {available}，需要 {needed}。未扣款。")


class OverCap(DomainError):
    """The top-up would take the card over what its level or its type may hold."""

    code = "over_cap"
    status = 409
    message = _("充值后余额将为 {after}，超过该卡上限 {cap}；最多还可充入 {room}。未充值。")


class TopUpNotAllowed(DomainError):
    """Cards of this type are loaded once, when they are sold, and never again."""

    code = "top_up_not_allowed"
    status = 409
    message = _("会员卡 {card_number} 的卡类型不可再次充值。未充值。")


class InsufficientPrepayment(DomainError):
    """The member has paid ahead less than was asked for."""

    code = "insufficient_prepayment"
    status = 409
    message = _("预存余额不足：可用 {available}，需要 {needed}。未扣款。")


class TenderMismatch(DomainError):
    """The parts of a payment, or the lines of a bill, do not come to its total."""

    code = "tender_mismatch"
    status = 422
    message = _("各项支付合计 {given}，与应付 {total} 不符。未扣款。")


class CardWithoutMember(DomainError):
    """Prepayment and signing belong to a member; the card has none (R-E03)."""

    code = "card_without_member"
    status = 409
    message = _("会员卡 {card_number} 没有登记会员，不能使用预存或签单。")


class OverSignedLimit(DomainError):
    """The member would owe more than she may."""

    code = "over_signed_limit"
    status = 409
    message = _("签单后未结金额将为 {after}，超过该会员限额 {limit}；最多还可签 {room}。未扣款。")


class BillAlreadySettled(DomainError):
    """Something was paid on the signed bill: it cannot be undone as if it had not been."""

    code = "bill_already_settled"
    status = 409
    message = _("签单 {number} 已有结算，不能冲正；请改做退货。未作任何更改。")


class NotReversible(DomainError):
    """Only top-ups and consumptions are reversed."""

    code = "not_reversible"
    status = 409
    message = _("只有充值和消费可以冲正。")


class RecordNotFound(DomainError):
    """No such record."""

    code = "record_not_found"
    status = 404
    message = _("没有找到这笔记录。")


def explained(refused: Refused, *, prepayment_id: int | None = None) -> DomainError:
    """A refusal of the ledger or of a guard, as the till says it: amounts in yuan."""
    if refused.code == InsufficientBalance.code:
        is_prepayment = prepayment_id is not None and refused.params.get("account_id") == prepayment_id
        error = InsufficientPrepayment if is_prepayment else InsufficientBalance
        return error(available=Money(refused.params["available"]), needed=Money(refused.params["needed"]))
    return error_of(refused)
