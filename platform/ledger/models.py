"""The books. What may not be is refused by the database; the comments here say which rule does it.

The engine writes these tables with plain SQL (``engine.py``); the models are for reading, for the registers, and for
saying the constraints. Keys over several columns, triggers and rights, which Django has no words for, are in migration
``0002_rules``; docs/decisions/0004-ledger-chains.md explains how they prove the chains of balances.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q, UniqueConstraint, Value
from django.db.models.expressions import Case, When
from django.db.models.functions import NullIf
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from ledger.domain import HASH_BYTES, LotKind, Unit

# A table's CHECKs are read anew by each statement that writes it (10 µs and more apiece, measured): they are few and
# short, and what never changes after the row is made is held by triggers on the changing of it.
_HASH_LENGTH = models.Func(F("request_hash"), function="octet_length", output_field=models.IntegerField())


def _non_nulls(*names: str) -> models.Func:
    return models.Func(*(F(name) for name in names), function="num_nonnulls", output_field=models.IntegerField())


class Account(models.Model):
    """A running balance with one holder, in one unit.

    ``holder_id`` is a value, not a key: who holds is another app's matter. The balance moves only with entries: a
    foreign key holds (id, version, balance) to the entry that made it, and a trigger lets the version only grow.
    """

    kind = models.TextField(_("账户类型"))
    holder_id = models.BigIntegerField(_("持有者"))
    unit = models.TextField(_("单位"), choices=Unit.choices)
    lotted = models.BooleanField(_("按批次"), default=False)
    allow_negative = models.BooleanField(_("允许透支"), default=False)
    balance = models.BigIntegerField(_("余额"), default=0)
    version = models.IntegerField(_("版本"), default=0)
    head_version = models.GeneratedField(
        verbose_name=_("末笔版本"),
        expression=NullIf(F("version"), Value(0)),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = verbose_name_plural = _("账户")
        constraints = (
            UniqueConstraint(fields=["kind", "holder_id"], name="ledger_account_holder"),
            # What an entry's (account, unit) points to: an entry cannot speak of another unit than its account.
            UniqueConstraint(fields=["id", "unit"], name="ledger_account_unit"),
            # What lots hold cannot be less than nothing.
            models.CheckConstraint(
                condition=Q(balance__gte=0) | Q(allow_negative=True, lotted=False), name="ledger_account_not_overdrawn"
            ),
            models.CheckConstraint(condition=Q(version__gt=0) | Q(balance=0), name="ledger_account_opens_empty"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.holder_id} ({self.unit})"


class Posting(models.Model):
    """One business event, once. Insert-only: a mistake is put right by a posting that reverses it.

    A posting without entries cannot be committed: (id, first_line) points to its first entry.
    """

    id = models.UUIDField(_("编号"), primary_key=True)
    kind = models.TextField(_("业务"))
    idempotency_key = models.TextField(_("幂等键"))
    request_hash = models.BinaryField(_("请求摘要"))
    actor = models.TextField(_("操作者"))
    store_id = models.BigIntegerField(_("门店"), null=True)
    occurred_at = models.DateTimeField(_("发生时间"))
    created_at = models.DateTimeField(_("记账时间"))
    reverses = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="reversals",
        verbose_name=_("冲销"),
    )
    memo = models.JSONField(_("备注"), default=dict)
    result = models.JSONField(_("结果"))
    first_line = models.GeneratedField(
        verbose_name=_("首行"), expression=Value(1), output_field=models.SmallIntegerField(), db_persist=True
    )

    class Meta:
        verbose_name = verbose_name_plural = _("记账")
        constraints = (
            UniqueConstraint(fields=["idempotency_key"], name="ledger_posting_key"),
            UniqueConstraint(fields=["reverses"], condition=Q(reverses__isnull=False), name="ledger_posting_reverses"),
            models.CheckConstraint(condition=Exact(_HASH_LENGTH, HASH_BYTES), name="ledger_posting_hash_whole"),
        )
        indexes = (
            # The day's totals. Postings lie nearly in the order of their moments: a summary of ranges finds a day, and
            # costs a posting next to nothing, where a tree would be one more page to write.
            BrinIndex(fields=["occurred_at"], autosummarize=True, pages_per_range=32, name="ledger_posting_day"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Entry(models.Model):
    """One side of a posting, insert-only: on an account, continuing its chain of balances, or on a contra account.

    Every entry says how many lines its posting has; the statement that inserts it must bring them all, summing to zero
    per unit, so a posting is neither unbalanced nor added to later (trigger ``ledger_entry_complete``).
    """

    posting = models.ForeignKey(
        Posting, on_delete=models.PROTECT, db_index=False, related_name="entries", verbose_name=_("记账")
    )
    line_no = models.SmallIntegerField(_("行"))
    line_count = models.SmallIntegerField(_("行数"))
    # The key in the database is over (account, unit): see the migration.
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="entries",
        verbose_name=_("账户"),
    )
    contra = models.TextField(_("对方科目"), null=True)  # noqa: DJ001  (absent is not empty: exactly one side is named)
    unit = models.TextField(_("单位"), choices=Unit.choices)
    amount = models.BigIntegerField(_("金额"))
    version = models.IntegerField(_("账户版本"), null=True)
    prev_version = models.GeneratedField(
        verbose_name=_("前一版本"),
        expression=Case(When(version__gt=1, then=F("version") - 1)),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    balance_before = models.BigIntegerField(_("之前余额"), null=True)
    balance_after = models.GeneratedField(
        verbose_name=_("之后余额"),
        expression=F("balance_before") + F("amount"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = verbose_name_plural = _("分录")
        constraints = (
            UniqueConstraint(fields=["posting", "line_no"], name="ledger_entry_line"),
            # No fork: one entry per version of an account.
            UniqueConstraint(
                fields=["account", "version"], condition=Q(account__isnull=False), name="ledger_entry_version"
            ),
            # What the next entry's (account, prev_version, balance_before) and the account's head point to.
            UniqueConstraint(fields=["account", "version", "balance_after"], name="ledger_entry_balance"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_amount_not_zero"),
            models.CheckConstraint(
                condition=Q(line_no__gte=1, line_no__lte=F("line_count")), name="ledger_entry_line_within"
            ),
            models.CheckConstraint(
                condition=Exact(_non_nulls("account", "contra"), 1)
                & Exact(_non_nulls("account", "version", "balance_before") % 3, 0),
                name="ledger_entry_one_side",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=True) | Q(version__gt=1) | Q(version=1, balance_before=0),
                name="ledger_entry_starts_at_zero",
            ),
        )

    def __str__(self) -> str:
        return f"{self.posting_id}/{self.line_no}"


class Lot(models.Model):
    """Value with a history: a top-up's principal or bonus, a batch of points, a package.

    Like an account, its head (version, remaining) is held by a foreign key to the draw that made it; another holds
    ``original`` to its first draw.
    """

    id = models.UUIDField(_("编号"), primary_key=True)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, related_name="lots", verbose_name=_("账户")
    )
    kind = models.TextField(_("类型"), choices=LotKind.choices)
    posting = models.ForeignKey(
        Posting, on_delete=models.PROTECT, db_index=False, related_name="lots", verbose_name=_("来源")
    )
    original = models.BigIntegerField(_("原额"))
    remaining = models.BigIntegerField(_("剩余"))
    version = models.IntegerField(_("版本"))
    first_version = models.GeneratedField(
        verbose_name=_("首个版本"), expression=Value(1), output_field=models.IntegerField(), db_persist=True
    )
    # Of its own, so that the index of live lots does not name ``remaining``: a draw then stays a heap-only update.
    live = models.GeneratedField(
        verbose_name=_("可用"),
        expression=Q(remaining__gt=0),  # type: ignore[arg-type]  # Django takes it; the stubs do not
        output_field=models.BooleanField(),
        db_persist=True,
    )
    expires_at = models.DateTimeField(_("到期"), null=True)
    opened_at = models.DateTimeField(_("开立"))

    class Meta:
        verbose_name = verbose_name_plural = _("批次")
        indexes = (
            models.Index(fields=["account"], condition=Q(live=True), name="ledger_lot_live"),
            # What ends soon, or has ended and awaits its posting.
            models.Index(
                fields=["expires_at"], condition=Q(live=True, expires_at__isnull=False), name="ledger_lot_ending"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("original")), name="ledger_lot_within_original"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Draw(models.Model):
    """A lot's movement, insert-only: its opening (+), what an entry took from it (-), what a reversal gave back (+).

    It belongs to one entry, (posting, line_no), whose amount the draws of that entry sum to.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, db_index=False, related_name="draws", verbose_name=_("批次"))
    posting = models.ForeignKey(
        Posting, on_delete=models.PROTECT, db_constraint=False, related_name="draws", verbose_name=_("记账")
    )
    line_no = models.SmallIntegerField(_("行"))
    version = models.IntegerField(_("批次版本"))
    prev_version = models.GeneratedField(
        verbose_name=_("前一版本"),
        expression=Case(When(version__gt=1, then=F("version") - 1)),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    amount = models.BigIntegerField(_("数量"))
    remaining_before = models.BigIntegerField(_("之前剩余"))
    remaining_after = models.GeneratedField(
        verbose_name=_("之后剩余"),
        expression=F("remaining_before") + F("amount"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = verbose_name_plural = _("批次变动")
        constraints = (
            UniqueConstraint(fields=["lot", "version"], name="ledger_draw_version"),
            UniqueConstraint(fields=["lot", "version", "remaining_after"], name="ledger_draw_remaining"),
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_draw_amount_not_zero"),
            models.CheckConstraint(
                condition=Q(version__gt=1) | Q(version=1, remaining_before=0), name="ledger_draw_starts_at_zero"
            ),
        )

    def __str__(self) -> str:
        return f"{self.lot_id}/{self.version}"
