"""Take-overs, and what each of them brought."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.takeover.domain import RUNNING, TakeoverState


class Takeover(models.Model):
    """An old system's data, from the workbook to the last posting, and back if it has to be."""

    state = models.CharField(_("状态"), max_length=10, choices=TakeoverState, default=TakeoverState.CHECKING)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+", verbose_name=_("文件"))
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    # By name (domain.SUMS): what the file says, and what is in the books after.
    sums = models.JSONField(_("合计"), default=dict, blank=True)
    booked = models.JSONField(_("入账合计"), default=dict, blank=True)
    error = models.JSONField(_("错误"), default=dict, blank=True)
    actor = models.CharField(_("上传人"), max_length=40)
    actor_name = models.CharField(_("上传人姓名"), max_length=80, blank=True)
    first_signer = models.CharField(_("签字人一"), max_length=40, blank=True)
    first_name = models.CharField(_("签字人一姓名"), max_length=80, blank=True)
    first_at = models.DateTimeField(_("签字时间一"), null=True, blank=True)
    second_signer = models.CharField(_("签字人二"), max_length=40, blank=True)
    second_name = models.CharField(_("签字人二姓名"), max_length=80, blank=True)
    second_at = models.DateTimeField(_("签字时间二"), null=True, blank=True)
    undone_by = models.CharField(_("撤销人"), max_length=40, blank=True)
    undone_name = models.CharField(_("撤销人姓名"), max_length=80, blank=True)
    # When every card was held and nothing had happened on any: from here on it is undone, whatever comes.
    undo_sure_at = models.DateTimeField(_("撤销核对时间"), null=True, blank=True)
    # Rows held, reversed and removed, and how many there are of them all.
    undo_done = models.PositiveIntegerField(_("撤销进度"), default=0, db_default=0)
    undo_total = models.PositiveIntegerField(_("撤销总量"), default=0, db_default=0)
    created_at = models.DateTimeField(_("上传时间"))
    touched_at = models.DateTimeField(_("最近推进时间"))
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("接管")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=TakeoverState.values), name="takeover_state_known"),
            # Four eyes: nobody signs twice, and nothing is taken over with one signature.
            models.CheckConstraint(
                condition=models.Q(second_signer="") | ~models.Q(second_signer=models.F("first_signer")),
                name="takeover_four_eyes",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["CHECKING", "CHECKED", "FAILED", "CANCELLED"])
                | ~models.Q(second_signer=""),
                name="takeover_signed_before_applied",
            ),
        ]
        indexes = [
            models.Index(
                fields=["touched_at"], condition=models.Q(state__in=list(RUNNING)), name="takeover_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def key_prefix(self) -> str:
        """What the idempotency keys of its postings begin with."""
        return f"takeover|{self.pk}|"


class TakeoverSheet(models.Model):
    """A sheet of the workbook, staged and checked like any import."""

    takeover = models.ForeignKey(Takeover, on_delete=models.CASCADE, related_name="sheets", verbose_name=_("接管"))
    place = models.PositiveSmallIntegerField(_("次序"))
    imported = models.OneToOneField("imports.Import", on_delete=models.PROTECT, verbose_name=_("导入"))

    class Meta:
        verbose_name = verbose_name_plural = _("接管工作表")
        constraints = [models.UniqueConstraint(fields=["takeover", "place"], name="takeover_sheet_once")]

    def __str__(self) -> str:
        return f"{self.takeover_id}/{self.place}"


class TakenMember(models.Model):
    """A member the take-over filed, and what the old system called her."""

    takeover = models.ForeignKey(Takeover, on_delete=models.PROTECT, db_index=False, verbose_name=_("接管"))
    ref = models.CharField(_("原会员号"), max_length=40)
    member = models.OneToOneField("members.Member", on_delete=models.PROTECT, verbose_name=_("会员"))

    class Meta:
        verbose_name = verbose_name_plural = _("接管会员")
        constraints = [models.UniqueConstraint(fields=["takeover", "ref"], name="takeover_member_once")]

    def __str__(self) -> str:
        return self.ref


class TakenCard(models.Model):
    """A card the take-over issued."""

    takeover = models.ForeignKey(Takeover, on_delete=models.PROTECT, verbose_name=_("接管"))
    card = models.OneToOneField("cards.Card", on_delete=models.PROTECT, verbose_name=_("会员卡"))
    # While it is being undone: True, the undoing locked it; False, it was locked already; null, not looked at yet.
    held = models.BooleanField(_("撤销时锁定"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("接管会员卡")

    def __str__(self) -> str:
        return str(self.card_id)
