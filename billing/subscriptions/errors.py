"""Refusals about subscriptions."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class NotSubscribed(DomainError):
    """The chain has no subscription (any more)."""

    code = "not_subscribed"
    status = 409
    message = _("该商户没有有效的订阅。")


class QuoteChanged(DomainError):
    """What was agreed to is not what it costs now: a day went by, or somebody else changed the terms."""

    code = "quote_changed"
    status = 409
    message = _("费用与刚才显示的不同（日期或订阅已变化）。尚未扣费，请核对后重新确认。")
