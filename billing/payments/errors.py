"""What an owner or the platform's staff is told when a payment cannot be begun."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class TopUpOutOfRange(DomainError):
    """Below what the payment service takes, or above what is paid at once."""

    code = "top_up_out_of_range"
    status = 422
    message = _("每次充值 {least} 至 {most}。请修改金额，尚未付款。")


class PaymentsUnavailable(DomainError):
    """The payment service does not answer, or none is set up. Nothing was paid."""

    code = "payments_unavailable"
    status = 503
    message = _("支付服务暂时无法使用，没有付款。请稍后再试。")
    retry_after_s = 60


class PaymentRefused(DomainError):
    """The payment service refused to begin it."""

    code = "payment_refused"
    status = 409
    message = _("支付服务没有受理（{reason}），没有付款。请换一种支付方式，或联系我们。")


class AttemptNotFound(DomainError):
    code = "payment_not_found"
    status = 404
    message = _("找不到这笔支付。")


class SavedCardNotFound(DomainError):
    code = "saved_card_not_found"
    status = 404
    message = _("找不到这张已登记的银行卡，它可能已被移除。")


class SavedCardMissing(DomainError):
    """No card was chosen, perhaps because there is none."""

    code = "saved_card_missing"
    status = 409
    message = _("自动充值要用已登记的银行卡：请先登记一张，再开启。设置没有保存。")


class ThresholdOutOfRange(DomainError):
    """An account is topped up before it is empty, and not beyond what is paid at once."""

    code = "threshold_out_of_range"
    status = 422
    message = _("触发自动充值的余额须大于 0，不超过 {most}。设置没有保存。")


class TopUpBelowThreshold(DomainError):
    """One charge must lift an empty account to where it is not charged again at once."""

    code = "top_up_below_threshold"
    status = 422
    message = _(
        "每次充值 {amount}，充一次仍到不了 {threshold}，会反复扣款。请把每次充值改为不少于 {threshold}。设置没有保存。"
    )


class SavedCardInUse(DomainError):
    code = "saved_card_in_use"
    status = 409
    message = _("自动充值正在使用这张银行卡。请先关闭自动充值或换一张卡。")


class RefundOutOfRange(DomainError):
    """More than is left of the top-up, or nothing."""

    code = "refund_out_of_range"
    status = 422
    message = _("这笔充值最多还可退 {most}。未作任何更改。")


class EventNotFound(DomainError):
    code = "payment_event_not_found"
    status = 404
    message = _("找不到这条支付通知。")


class EventSettled(DomainError):
    """It has been processed: there is nothing to ignore."""

    code = "payment_event_settled"
    status = 409
    message = _("这条支付通知已经处理完毕，不能忽略。")
