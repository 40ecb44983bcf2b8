"""Outgoing e-mail."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailState(models.TextChoices):
    """Where an e-mail stands."""

    QUEUED = "QUEUED", _("待发送")
    """Written; a worker will take it."""
    SENDING = "SENDING", _("发送中")
    """A worker holds it until ``due_at``; after that another may."""
    SENT = "SENT", _("已发送")
    """The mail server took it."""
    KEPT = "KEPT", _("已留存")
    """No mail server is named: it stays here and is read at /dev/mail/."""
    FAILED = "FAILED", _("发送失败")
    """Given up after the last attempt."""


class OutgoingMail(models.Model):
    """An e-mail to be sent, written in the transaction of what it tells of: both happen or neither.

    A worker delivers it outside any transaction (claim, send, mark). A worker that dies between sending and marking
    makes it arrive twice; it is never lost.
    """

    recipients = models.JSONField(_("收件人"))
    subject = models.CharField(_("主题"), max_length=998)
    body = models.TextField(_("正文"))
    # The whole message as it goes over the wire (RFC 5322).
    message = models.BinaryField(_("原始邮件"))
    state = models.CharField(_("状态"), max_length=8, choices=MailState, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error = models.CharField(_("错误"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    # When a worker may take it: at once, after a pause when it failed, after a lease while one holds it.
    due_at = models.DateTimeField(_("最早处理时间"))
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("待发邮件")
        constraints = [models.CheckConstraint(condition=models.Q(state__in=MailState.values), name="mail_state_known")]
        indexes = [
            # What the sweeper looks for; nearly always empty.
            models.Index(
                fields=["due_at"], condition=models.Q(state__in=[MailState.QUEUED, MailState.SENDING]), name="mail_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {', '.join(self.recipients)}"
