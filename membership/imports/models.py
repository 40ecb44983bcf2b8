"""Imports, their rows while they wait, and what was wrong with them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.crypto import SealedField
from kernel.crypto.indexing import INDEX_LENGTH
from kernel.crypto.sealing import SEALED_FORM
from membership.imports.domain import ROW_BITS, RUNNING, ImportState
from membership.members.domain import DocumentKind
from membership.members.models import ID_NUMBER


class Import(models.Model):
    """A table somebody uploaded, from the file to the last row taken over.

    Every counter moves in the transaction of what it counts, so that after a kill at any point the work goes on from
    where the counters stand, and no row is staged or taken over twice.
    """

    kind = models.CharField(_("类型"), max_length=20)
    state = models.CharField(_("状态"), max_length=10, choices=ImportState, default=ImportState.CHECKING)
    file = models.ForeignKey("files.StoredFile", on_delete=models.PROTECT, related_name="+", verbose_name=_("文件"))
    error_file = models.ForeignKey(
        "files.StoredFile",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("错误清单"),
    )
    # Of a workbook; empty for its first sheet.
    sheet = models.CharField(_("工作表"), max_length=40, blank=True)
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("门店"))
    # Whether it is a part of something larger, which moves it (a sheet of a take-over): it does not move by itself.
    led = models.BooleanField(_("随接管进行"), default=False, db_default=False)
    # What a column that is missing is filled with, by the column's code.
    defaults = models.JSONField(_("默认值"), default=dict, blank=True)
    # What stands where in the file: [[heading, column's code or ""], …].
    mapping = models.JSONField(_("列对应"), default=list, blank=True)
    # The number in the file of the last row that was staged, and of the last that was decided upon while taking over.
    staged = models.PositiveIntegerField(_("已读取至行"), default=0)
    applied = models.PositiveIntegerField(_("已导入至行"), default=0)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    good = models.PositiveIntegerField(_("可导入"), default=0)
    bad = models.PositiveIntegerField(_("有问题"), default=0)
    taken = models.PositiveIntegerField(_("已导入"), default=0)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    # Sums over the good rows, by name, in whole units: what a person compares with the list she was given.
    totals = models.JSONField(_("合计"), default=dict, blank=True)
    # Why the whole file was refused: {"code": …, "params": {…}}.
    error = models.JSONField(_("错误"), default=dict, blank=True)
    actor = models.CharField(_("上传人"), max_length=40)
    actor_name = models.CharField(_("上传人姓名"), max_length=80, blank=True)
    confirmed_by = models.CharField(_("确认人"), max_length=40, blank=True)
    confirmed_name = models.CharField(_("确认人姓名"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("上传时间"))
    touched_at = models.DateTimeField(_("最近推进时间"))
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("导入")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ImportState.values), name="import_state_known"),
        ]
        indexes = [
            # What the sweeper looks for; nearly always empty.
            models.Index(fields=["touched_at"], condition=models.Q(state__in=list(RUNNING)), name="import_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def first_row_id(self) -> int:
        """The key below all keys of its staged rows."""
        return self.pk << ROW_BITS


class ImportRow(models.Model):
    """A row that waits to be taken over: its cells in the order of the kind's columns, in their normal form, empty
    texts where nothing stands. Deleted when the import ends.

    Its key is made of the import's and the row's number (``domain.ROW_BITS``); no foreign key is checked a million
    times.
    """

    id = models.BigAutoField(primary_key=True)
    cells = ArrayField(models.TextField(), verbose_name=_("内容"))

    class Meta:
        verbose_name = verbose_name_plural = _("待导入行")

    def __str__(self) -> str:
        return str(self.pk)


class StagedDocument(models.Model):
    """The ID document of a row that waits, sealed and indexed from the moment it is read. Deleted with the row.

    Its key is the row's. A table of its own, so that the keys of what waits are rotated like all others.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("证件类型"), max_length=16, choices=DocumentKind)
    number = SealedField(_("证件号码"), purpose=ID_NUMBER, index="number_index")
    number_index = models.CharField(_("号码索引"), max_length=INDEX_LENGTH)
    masked = models.CharField(_("证件号码（遮盖）"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = _("待导入证件")
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=DocumentKind.values), name="staged_document_kind_known"),
            # No number in clear ever gets into the table, whoever writes it.
            models.CheckConstraint(condition=models.Q(number__regex=SEALED_FORM), name="staged_document_sealed"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.kind} {self.masked}"


class ImportProblem(models.Model):
    """What is wrong with a row. A row with a problem is not taken over."""

    row_id = models.BigIntegerField(_("行"))
    column = models.CharField(_("列"), max_length=40, blank=True)
    code = models.CharField(_("问题"), max_length=40)
    value = models.CharField(_("内容"), max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("导入问题")
        indexes = [models.Index(fields=["row_id"], name="import_problem_by_row")]

    def __str__(self) -> str:
        return f"{self.row_id} {self.code}"
