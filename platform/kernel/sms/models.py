"""Outgoing text messages."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.crypto import SealedField
from kernel.crypto.sealing import SEALED_FORM

CONTENT = "sms.content"
"""The purpose under which number and words are encrypted until they are sent. It never changes."""


class TextState(models.TextChoices):
    """Where a text message stands."""

    QUEUED = "QUEUED", _("待发送")
    """Written; a worker will take it."""
    SENDING = "SENDING", _("发送中")
    """A worker holds it until ``due_at``; after that another may."""
    SENT = "SENT", _("已发送")
    """The carrier took it."""
    KEPT = "KEPT", _("已留存")
    """No carrier is named: it stays here and is read at /dev/sms/."""
    FAILED = "FAILED", _("发送失败")
    """Refused by the carrier, given up after the last attempt, or too late to be of use."""


class OutgoingText(models.Model):
    """A text message to be sent, written in the transaction of what it tells of: both happen or neither.

    Number and words are encrypted while it waits, and gone when it has ended: a message may hold a code, and says who
    is a member here. What stays is when, of which kind, and the masked number.
    """

    # Which of the carrier's approved texts it is, by our name for it; what that text leaves open is in ``content``.
    template = models.CharField(_("模板"), max_length=24)
    masked = models.CharField(_("手机号（遮盖）"), max_length=20)
    # {"phone": …, "params": {…}, "text": …}, encrypted; empty once it has ended.
    content = SealedField(_("内容"), purpose=CONTENT, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=TextState, default=TextState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error = models.CharField(_("错误"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    # After this it is of no use: a code that has expired.
    useless_at = models.DateTimeField(_("失效时间"))
    # When a worker may take it: at once, after a pause when it failed, after a lease while one holds it.
    due_at = models.DateTimeField(_("最早处理时间"))
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("待发短信")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=TextState.values), name="text_state_known"),
            # Nothing in clear ever gets into the table, whoever writes it.
            models.CheckConstraint(
                condition=models.Q(content="") | models.Q(content__regex=SEALED_FORM), name="text_content_sealed"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["SENT", "FAILED"]) | models.Q(content=""),
                name="text_forgotten_once_ended",
            ),
        ]
        indexes = [
            # What the sweeper looks for; nearly always empty.
            models.Index(
                fields=["due_at"], condition=models.Q(state__in=[TextState.QUEUED, TextState.SENDING]), name="text_due"
            ),
            # What the carrier took is charged, and counted again and again.
            models.Index(fields=["sent_at"], condition=models.Q(state=TextState.SENT), name="text_taken"),
        ]

    def __str__(self) -> str:
        return f"{self.template} → {self.masked}"
