"""The ledger's refusals as errors: one class per stable code."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from ledger.domain import Refused


class LedgerError(DomainError):
    """A posting was refused; nothing of it was written."""


class InsufficientBalance(LedgerError):
    code = "insufficient_balance"
    status = 409
    message = _("余额不足，未扣款。可用 {available}，需要 {needed}。")


class IdempotencyConflict(LedgerError):
    code = "idempotency_conflict"
    status = 409
    message = _("这个幂等键已用于内容不同的请求，本次未执行。请为新的请求换一个键。")


class IdempotencyKeyInvalid(LedgerError):
    code = "idempotency_key_invalid"
    status = 422
    message = _("幂等键必须是 1 到 {limit} 个字符。")


class AccountNotFound(LedgerError):
    code = "account_not_found"
    status = 404
    message = _("找不到账户 {account_id}。")


class PostingNotFound(LedgerError):
    code = "posting_not_found"
    status = 404
    message = _("找不到要冲销的记账 {posting_id}。")


class AmountNotPositive(LedgerError):
    code = "amount_not_positive"
    status = 422
    message = _("金额必须大于零。")


class AmountTooLarge(LedgerError):
    code = "amount_too_large"
    status = 422
    message = _("金额超出上限 {limit}。")


class Unbalanced(LedgerError):
    code = "unbalanced"
    status = 422
    message = _("借贷不平，未记账。")


class TooManyLines(LedgerError):
    code = "too_many_lines"
    status = 422
    message = _("一笔记账最多 {limit} 行。")


class UnitUnknown(LedgerError):
    code = "unit_unknown"
    status = 422
    message = _("没有 {unit} 这个单位。")


class UnitMismatch(LedgerError):
    code = "unit_mismatch"
    status = 422
    message = _("账户 {account_id} 的单位是 {unit}。")


class LotsMismatch(LedgerError):
    code = "lots_mismatch"
    status = 422
    message = _("各批次之和与金额不符，未记账。")


class MemoInvalid(LedgerError):
    code = "memo_invalid"
    status = 422
    message = _("备注含有无法保存的字符。")


class AlreadyReversed(LedgerError):
    code = "already_reversed"
    status = 409
    message = _("这笔记账已经冲销过。")


class ReversalNotReversible(LedgerError):
    code = "reversal_not_reversible"
    status = 409
    message = _("冲销记账不能再冲销；请重新记一笔。")


class LotsAlreadyDrawn(LedgerError):
    code = "lots_already_drawn"
    status = 409
    message = _("这一笔带来的金额、积分或次数已有使用，不能冲销；请改做退货或退款。")


_BY_CODE: Mapping[str, type[LedgerError]] = {error.code: error for error in LedgerError.__subclasses__()}


def error_of(refused: Refused) -> DomainError:
    """The error that says what a refused outcome says; a guard's own error where a guard refused."""
    if refused.error is not None:
        return refused.error
    params: Mapping[str, Any] = refused.params
    return _BY_CODE[refused.code](**params)
