"""The kinds of events that leave the house."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """What happened, by a name that programs rely on: it never changes its meaning."""

    APPLICATION_SUBMITTED = "card_application.submitted", _("网上申请：已提交")
    APPLICATION_WITHDRAWN = "card_application.withdrawn", _("网上申请：已撤回")
    APPLICATION_APPROVED = "card_application.approved", _("网上申请：已通过")
    APPLICATION_REJECTED = "card_application.rejected", _("网上申请：未通过")
    APPLICATION_SENT = "card_application.sent", _("网上申请：已寄出")
    APPLICATION_COLLECTED = "card_application.collected", _("网上申请：已领取")
    APPLICATION_LAPSED = "card_application.lapsed", _("网上申请：逾期未领")
