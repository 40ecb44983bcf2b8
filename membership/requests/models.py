"""What members ask for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.requests.domain import LONGEST_ANSWER, LONGEST_SAID, RequestKind, RequestState


class MemberRequest(models.Model):
    """A member asks the chain to transfer her card, or to take it back and refund her.

    It moves nothing by itself: staff do what it asks, by the act that there is, and say so here; or say why not. A card
    has one open request of each kind at most.
    """

    kind = models.CharField(_("申请事项"), max_length=10, choices=RequestKind)
    state = models.CharField(_("状态"), max_length=10, choices=RequestState, default=RequestState.OPEN)
    card = models.ForeignKey("cards.Card", on_delete=models.CASCADE, related_name="requests", verbose_name=_("会员卡"))
    said = models.CharField(_("说明"), max_length=LONGEST_SAID, blank=True)
    # Whom the card shall go to, as the member names her: found or enrolled by the desk.
    to_name = models.CharField(_("受让人姓名"), max_length=40, blank=True)
    to_phone = models.CharField(_("受让人手机号"), max_length=20, blank=True)
    asked_at = models.DateTimeField(_("申请时间"))
    decided_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    decided_by = models.CharField(_("处理人"), max_length=40, blank=True)
    decided_name = models.CharField(_("处理人姓名"), max_length=80, blank=True)
    store = models.ForeignKey(
        "stores.Store", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("处理门店")
    )
    # For the member: what was done, or why not.
    answer = models.CharField(_("答复"), max_length=LONGEST_ANSWER, blank=True)
    # Number of the document or receipt, or of the new card, by which it was done.
    reference = models.CharField(_("单号"), max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("会员申请")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=RequestKind.values), name="member_request_kind_known"),
            models.CheckConstraint(
                condition=models.Q(state="OPEN", decided_at__isnull=True)
                | models.Q(state__in=["DONE", "WITHDRAWN"], decided_at__isnull=False)
                | (models.Q(state="REFUSED", decided_at__isnull=False) & ~models.Q(answer="")),
                name="member_request_state_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="TRANSFER") | ~models.Q(to_name=""), name="member_request_names_whom"
            ),
            models.UniqueConstraint(
                fields=["card", "kind"], condition=models.Q(state="OPEN"), name="member_request_open_once"
            ),
        ]
        indexes = [
            # The desk's list.
            models.Index(fields=["asked_at", "id"], condition=models.Q(state="OPEN"), name="member_request_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_at:%Y-%m-%d}"
