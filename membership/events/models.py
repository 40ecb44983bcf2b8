"""The outbox of events."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """Something that the chain's own software is to hear of, written in the transaction of the act: both or neither.

    Its id says when it was written, never that an earlier one has been committed: two transactions end in their own
    order. What is told is told by what ``delivered_at`` leaves open.
    """

    id = models.UUIDField(_("编号"), primary_key=True)
    # One of ``EventKind``; no list of them stands in the schema, so that a new kind is no migration of every chain.
    kind = models.CharField(_("事件"), max_length=40)
    # Numbers and stable names of things, never a person's name, telephone or document: who is told reads those by the
    # API, which asks for its key's rights.
    payload = models.JSONField(_("内容"))
    created_at = models.DateTimeField(_("发生时间"))
    delivered_at = models.DateTimeField(_("送达时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("对外事件")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__regex=r"^[a-z_]+\.[a-z_]+$"), name="event_kind_named"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(delivered_at__isnull=True), name="event_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
