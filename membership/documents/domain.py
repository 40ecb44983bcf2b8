"""States of a document, the steps between them, and how it is numbered. No database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.people.domain import Act


class DocumentState(models.TextChoices):
    """Where a document stands (R-C12)."""

    DRAFT = "DRAFT", _("草稿")
    """Being written; what it says may change."""
    SUBMITTED = "SUBMITTED", _("待审批")
    """Waits for its next approval; what it says is fixed."""
    APPROVED = "APPROVED", _("已审批")
    """Every approval given; can still be taken back."""
    COMPLETED = "COMPLETED", _("已完成")
    """Done, for good."""
    CANCELLED = "CANCELLED", _("已作废")
    """Given up. Keeps its number, so that the numbers have no gap."""


class Step(models.TextChoices):
    """What somebody does to a document."""

    DRAFT = "DRAFT", _("建单")
    EDIT = "EDIT", _("修改")
    SUBMIT = "SUBMIT", _("提交")
    APPROVE = "APPROVE", _("审批")
    REJECT = "REJECT", _("驳回")
    UNAPPROVE = "UNAPPROVE", _("反审核")
    COMPLETE = "COMPLETE", _("完成")
    CANCEL = "CANCEL", _("作废")


STARTS: Final[Mapping[Step, frozenset[DocumentState]]] = MappingProxyType(
    {
        Step.EDIT: frozenset({DocumentState.DRAFT}),
        Step.SUBMIT: frozenset({DocumentState.DRAFT}),
        Step.APPROVE: frozenset({DocumentState.SUBMITTED}),
        Step.REJECT: frozenset({DocumentState.SUBMITTED}),
        Step.UNAPPROVE: frozenset({DocumentState.APPROVED}),
        Step.COMPLETE: frozenset({DocumentState.APPROVED}),
        # What is approved is un-approved first: its effects are undone before it is given up.
        Step.CANCEL: frozenset({DocumentState.DRAFT, DocumentState.SUBMITTED}),
    }
)
"""From which states a step may be taken."""

WITH_REASON: Final = frozenset({Step.REJECT, Step.UNAPPROVE, Step.CANCEL})
"""The steps that undo somebody's work: they say why."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that a document needs: what it is called, and the act whose holders may give it."""

    label: str | Promise
    act: Act


LONGEST_NOTE: Final = 200


def number_of(prefix: str, day: date, serial: int) -> str:
    """A document's number: its kind's prefix, the day and the place among that day's, such as ZK20261122-0001."""
    return f"{prefix}{day:%Y%m%d}-{serial:04d}"
