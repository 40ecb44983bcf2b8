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


class InsufficientPoints(DomainError):
    """The card has fewer points than are to be taken."""

    code = "insufficient_points"
    status = 409
    message = _("积分不足：可用 {available}，需要 {needed}。未作任何更改。")


class NothingToTakeBack(DomainError):
    """All of the top-up has been used or taken back already."""

    code = "nothing_to_take_back"
    status = 409
    message = _("这笔充值已没有可退回的金额。未作任何更改。")


class FaultFormNeeded(DomainError):
    """A top-up is taken back by an approved fault form, and in no other way (R-I05 – R-I08)."""

    code = "fault_form_needed"
    status = 409
    message = _("充值不能直接冲正：请填写会员卡故障单，由资金部核准后退回。未作任何更改。")


class FaultFormOutdated(DomainError):
    """Since the form was handed in, more of the top-up was used: whoever approved it saw other figures."""

    code = "fault_form_outdated"
    status = 409
    message = _("故障单提交之后这笔充值又有使用：单上已使用 {stated}，现在为 {used}。请驳回后重新提交。未作任何更改。")


class FaultFormOpen(DomainError):
    """A card is frozen as long as a fault form about it is open (R-I08)."""

    code = "fault_form_open"
    status = 409
    message = _("会员卡 {card_number} 因故障单 {number} 冻结，该单核准或作废后才能解冻。未作任何更改。")


class FaultFormExists(DomainError):
    """One top-up is reported by one form at a time: a second would have figures of its own (R-I08)."""

    code = "fault_form_exists"
    status = 409
    message = _("这笔充值已报故障，故障单 {number} 尚未办结，没有再报一次。")


class FaultNotSameDay(DomainError):
    """A store reports a wrong top-up on its own day (R-I06); afterwards the treasury files it."""

    code = "fault_not_same_day"
    status = 409
    message = _("故障单须在误充值当天填写；过了当天请联系总部资金部办理。")


class VehicleMismatch(DomainError):
    """The card is bound to a vehicle, and it is not this one, or none was named (R-C08)."""

    code = "vehicle_mismatch"
    status = 409
    message = _("会员卡 {card_number} 已绑定车辆，与本次车辆不符。请核对车牌号或车架号；未扣款。")


class NotReturnable(DomainError):
    """Only a consumption that stands can be returned."""

    code = "not_returnable"
    status = 409
    message = _("只有未冲正的消费可以退货。")


class AllReturned(NotReturnable):
    """Everything of it has come back already."""

    message = _("这一笔已全部退货。")


class ReturnTooMuch(DomainError):
    """More goods come back than were sold, or than are still out."""

    code = "return_too_much"
    status = 409
    message = _("退货金额 {asked} 超过可退金额 {left}。未作任何更改。")


class BillNotFound(DomainError):
    """There is no such signed bill."""

    code = "signed_bill_not_found"
    status = 404
    message = _("没有找到这张签单。")


class CardNotSigners(DomainError):
    """The card that has the place of the one it was signed with was made over to somebody else."""

    code = "card_not_signers"
    status = 409
    message = _("会员卡 {card_number} 已转让，卡内余额不能结签单人的这张签单，请收现金或用其预存结算。未作任何更改。")


class SettleTooMuch(DomainError):
    """More is paid than is owed on the bill."""

    code = "settle_too_much"
    status = 409
    message = _("签单 {number} 未结 {left}，结算金额 {asked} 超出。未扣款。")


class NotReversible(DomainError):
    """Only what was done by itself, and stands whole, is undone."""

    code = "not_reversible"
    status = 409
    message = _("只有未退货的消费可以冲正，只有充值可以报故障。未作任何更改。")


class PartlyReturned(NotReversible):
    """Goods of it came back: the rest can come back too, but not all of it as if it had never been."""

    message = _("这一笔已有退货，不能再整笔冲正；其余的请继续做退货。未作任何更改。")


class RecordNotFound(DomainError):
    """No such record."""

    code = "record_not_found"
    status = 404
    message = _("没有找到这笔记录。")


def explained(refused: Refused, *, prepayment_id: int | None = None, points_id: int | None = None) -> DomainError:
    """A refusal of the ledger or of a guard, as the till says it: amounts in yuan."""
    if refused.code != InsufficientBalance.code:
        return error_of(refused)
    account_id, available, needed = (refused.params[name] for name in ("account_id", "available", "needed"))
    if points_id and account_id == points_id:
        return InsufficientPoints(available=available, needed=needed)
    error = InsufficientPrepayment if prepayment_id and account_id == prepayment_id else InsufficientBalance
    return error(available=Money(available), needed=Money(needed))
