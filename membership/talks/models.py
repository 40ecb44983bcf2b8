"""The talk between a member and the shop."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.talks.domain import LONGEST


class Thread(models.Model):
    """All that a member and the shop have written to each other; one for each member, made with its first message."""

    member = models.OneToOneField(
        "members.Member", on_delete=models.PROTECT, related_name="thread", verbose_name=_("会员")
    )
    last_at = models.DateTimeField(_("最近消息"))
    # Since when a message of hers has not been answered; null: all were, or wanted no answer.
    waiting_since = models.DateTimeField(_("等待回复起"), null=True, blank=True)
    # Messages of hers that nobody at the desk has dealt with, and of the shop's that she has not seen.
    desk_unread = models.PositiveIntegerField(_("门店未读"), default=0)
    member_unread = models.PositiveIntegerField(_("会员未读"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("会员消息")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(waiting_since__isnull=True, desk_unread=0)
                | models.Q(waiting_since__isnull=False, desk_unread__gt=0),
                name="thread_waits_for_something",
            ),
        ]
        indexes = [
            # The desk's inbox: who has waited longest.
            models.Index(
                fields=["waiting_since"], condition=models.Q(waiting_since__isnull=False), name="thread_waiting"
            ),
            models.Index(fields=["-last_at", "-id"], name="thread_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.last_at:%Y-%m-%d %H:%M}"


class Message(models.Model):
    """One message. Never changed: what was written was written."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages", verbose_name=_("会员消息"))
    from_member = models.BooleanField(_("会员所写"))
    text = models.CharField(_("内容"), max_length=LONGEST)
    at = models.DateTimeField(_("时间"))
    # Who wrote for the shop; for the member's own, herself.
    actor = models.CharField(_("操作人"), max_length=40)
    actor_name = models.CharField(_("操作人姓名"), max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("消息")
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="message_says_something")]
        indexes = [models.Index(fields=["thread", "-id"], name="message_by_thread")]

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.at:%Y-%m-%d %H:%M}"
