"""What a tax number may be, and what may be invoiced: pure."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError

_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LENGTH: Final = 18


class InvoiceState(TextChoices):
    """Where a request stands."""

    REQUESTED = "REQUESTED", _("待开具")
    ISSUED = "ISSUED", _("已开具")
    REFUSED = "REFUSED", _("已退回")
    """What it was for may be asked for again."""


class TaxNumberWrong(DomainError):
    """Not a unified social credit code: its length, its signs or its check sign."""

    code = "tax_number_wrong"
    status = 422
    message = _("统一社会信用代码有误：应为 18 位数字或大写字母，且校验位相符。请核对。")


class InvoiceEmpty(DomainError):
    """No month was named, or what was charged in them has been given back."""

    code = "invoice_empty"
    status = 422
    message = _("请选择有费用且未开票的月份。")


class InvoiceUnpaid(DomainError):
    """The chain owes: what is not paid is not invoiced."""

    code = "invoice_unpaid"
    status = 409
    message = _("商户账户欠费，付清后才能申请开票。")


class AlreadyInvoiced(DomainError):
    """One of the months was asked for before."""

    code = "already_invoiced"
    status = 409
    message = _("所选月份中有的已经申请过开票，请刷新页面。")


class TitleNotFound(DomainError):
    """The chain has no such title."""

    code = "invoice_title_not_found"
    status = 404
    message = _("找不到这个发票抬头。")


class InvoiceNotFound(DomainError):
    """There is no such request."""

    code = "invoice_not_found"
    status = 404
    message = _("找不到这个开票申请。")


class InvoiceDecided(DomainError):
    """Somebody has issued or refused it before."""

    code = "invoice_decided"
    status = 409
    message = _("这个开票申请已有人处理过，请刷新页面查看结果。")


class InvoiceSaysNothing(DomainError):
    """An issue without number, a refusal without reason."""

    code = "invoice_says_nothing"
    status = 422
    message = _("请填写发票号码；退回时请填写原因。")


def check_tax_number(text: str) -> str:
    """A unified social credit code (GB 32100-2015), tidied.

    Raises:
        TaxNumberWrong
    """
    code = "".join(text.split()).upper()
    if len(code) != _LENGTH or any(sign not in _SIGNS for sign in code):
        raise TaxNumberWrong
    weighed = sum(_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:-1]))
    if _SIGNS[-weighed % 31] != code[-1]:
        raise TaxNumberWrong
    return code


def invoiced_fen(*, charged_fen: int, adjusted_fen: int) -> int:
    """What is invoiced of a month, in fen: its charges, less what was given back by hand; never below nothing."""
    return max(charged_fen - max(adjusted_fen, 0), 0)
