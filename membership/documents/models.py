"""Documents, their steps, and the counters that number them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.db.labels import labelled
from membership.documents.domain import LONGEST_NOTE, DocumentState, Step


class DocumentCounter(models.Model):
    """How many documents of a kind were begun on a day.

    The row is counted up and kept locked until the document is there: a document that comes to nothing gives its number
    back, so the numbers of a day have no gap.
    """

    kind = models.CharField(_("单据类别"), max_length=30)
    day = models.DateField(_("日期"))
    last = models.PositiveIntegerField(_("末号"))

    class Meta:
        verbose_name = _("单号计数")
        verbose_name_plural = _("单号计数")
        constraints = [models.UniqueConstraint(fields=["kind", "day"], name="document_counter_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.day} {self.last}"


class Document(models.Model):
    """A paper of the desk (R-C12). What its kind means by it is in ``kinds``; each step is in ``DocumentStep``."""

    number = models.CharField(_("单号"), max_length=24, unique=True)
    kind = models.CharField(_("单据类别"), max_length=30)
    state = models.CharField(_("状态"), max_length=10, choices=DocumentState, default=DocumentState.DRAFT)
    # Null: of the whole chain.
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("门店"))
    # By value: what a document is about may be in any app.
    subject_type = models.CharField(_("对象类型"), max_length=30, blank=True)
    subject_id = models.CharField(_("对象编号"), max_length=64, blank=True)
    payload = models.JSONField(_("内容"), default=dict)
    # Fixed at submission: [{"label": …, "act": …}], in order.
    approvals = models.JSONField(_("审批环节"), default=list, blank=True)
    approvals_given = models.PositiveSmallIntegerField(_("已审批环节"), default=0)
    # The act whose holders the document waits for; empty when it waits for nobody but its author.
    awaits_act = models.CharField(_("等待权限"), max_length=40, blank=True)
    # Counts submissions: who approved an earlier round may approve again.
    round = models.PositiveIntegerField(_("轮次"), default=0)
    # Counts steps: a step decided upon an older version is refused.
    version = models.PositiveIntegerField(_("版本"), default=1)
    author = models.CharField(_("制单人"), max_length=40)
    author_name = models.CharField(_("制单人姓名"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("制单时间"))
    changed_at = models.DateTimeField(_("最近办理时间"))

    class Meta:
        verbose_name = _("单据")
        verbose_name_plural = _("单据")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=DocumentState.values), name="document_state_known"),
            models.CheckConstraint(
                condition=models.Q(awaits_act="") | models.Q(state__in=["SUBMITTED", "APPROVED"]),
                name="document_awaits_while_open",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "state", "-id"], name="document_by_kind"),
            models.Index(fields=["subject_type", "subject_id", "-id"], name="document_by_subject"),
            # The work list of those who approve and complete: few rows, however many documents are filed.
            models.Index(
                fields=["awaits_act", "store", "-id"], condition=~models.Q(awaits_act=""), name="document_awaiting"
            ),
        ]

    get_state_display = labelled(DocumentState, "state")

    def __str__(self) -> str:
        return self.number


class DocumentStep(models.Model):
    """One step of a document: who, when, why. Insert-only: an approval that can be edited proves nothing."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="steps", verbose_name=_("单据"))
    # The document's version that the step made.
    version = models.PositiveIntegerField(_("版本"))
    round = models.PositiveIntegerField(_("轮次"))
    step = models.CharField(_("步骤"), max_length=10, choices=Step)
    # The name of the approval that was given or refused.
    approval = models.CharField(_("审批环节"), max_length=60, blank=True)
    from_state = models.CharField(_("原状态"), max_length=10, choices=DocumentState, blank=True)
    to_state = models.CharField(_("新状态"), max_length=10, choices=DocumentState)
    actor = models.CharField(_("操作人"), max_length=40)
    actor_name = models.CharField(_("操作人姓名"), max_length=80, blank=True)
    at = models.DateTimeField(_("时间"))
    note = models.CharField(_("说明"), max_length=LONGEST_NOTE, blank=True)
    # What the document said when it was submitted: what was approved can be read for ever.
    payload = models.JSONField(_("内容"), null=True, blank=True)

    class Meta:
        verbose_name = _("单据步骤")
        verbose_name_plural = _("单据步骤")
        constraints = [
            models.UniqueConstraint(fields=["document", "version"], name="document_step_once"),
            models.CheckConstraint(condition=models.Q(step__in=Step.values), name="document_step_known"),
        ]

    get_step_display = labelled(Step, "step")
    get_to_state_display = labelled(DocumentState, "to_state")

    def __str__(self) -> str:
        return f"{self.document_id} {self.version} {self.step}"
