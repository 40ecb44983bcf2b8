"""Kinds of documents. A new kind is a class in an app's ``document_kinds.py``; nothing else changes.

@kind
class MakingRequest(DocumentKind[MakingPayload]):
    code, prefix, label = "MAKING_REQUEST", "ZK", _("制卡申请")
    payload_type = MakingPayload
    draft_act = Act.STOCK_REQUEST
    approvals = (Approval(_("总办批准"), Act.STOCK_APPROVE),)

    def on_approved(self, *, actor, document, payload): ...
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from django.utils.functional import Promise

from membership.documents.domain import Approval, Step
from membership.documents.errors import DocumentInvalid, DocumentKindUnknown
from membership.documents.models import Document
from tenants.people.domain import Act, Actor

P = TypeVar("P", bound=msgspec.Struct)
K = TypeVar("K", bound="type[DocumentKind[Any]]")


class DocumentKind(Generic[P]):
    """One kind of document: what it says, who takes which step, and what its steps bring about.

    Every hook runs inside the step's transaction, with the document's row locked; a ``DomainError`` undoes the step.
    """

    code: ClassVar[str]
    """At most 30 characters, stable."""
    prefix: ClassVar[str]
    """Begins its numbers; no two kinds share one."""
    label: ClassVar[str | Promise]
    payload_type: type[P]
    """A msgspec Struct. What is stored is checked against it on each reading."""

    draft_act: ClassVar[Act]
    """Drafts, edits, submits, cancels."""
    approvals: ClassVar[tuple[Approval, ...]] = ()
    """In order. None: submitting approves."""
    complete_act: ClassVar[Act | None] = None
    """Completes an approved document. None: approved is the end of it, until it is un-approved."""
    completes_itself: ClassVar[bool] = False
    """Whether the last approval also completes it, for good."""
    completes_by_hand: ClassVar[bool] = True
    """Whether its page offers to complete it; else an act of another page does, such as the making of its cards."""
    complete_label: ClassVar[str | Promise] = Step.COMPLETE.label
    """What completing is called, such as signing for a delivery."""
    completed_at_subject: ClassVar[bool] = False
    """Whether its subject is a store, besides the document's own, whose people complete it and may see it: such as the
    store that cards are transferred to."""
    four_eyes: ClassVar[bool] = True
    """Whether an approver may be neither the author nor an earlier approver."""
    by_hand: ClassVar[bool] = True
    """Whether people begin one at the desk; other kinds are begun by an act of another page."""

    holds_until_closed: ClassVar[bool] = False
    """Whether what ``on_submitted`` holds is held as long as the document is open: what is rejected waits for its
    author, and only who gives it up lets go."""

    def approvals_of(self, document: Document, payload: P) -> Sequence[Approval]:
        """The approvals this very document needs. They are fixed when it is submitted."""
        return self.approvals

    def approval_acts(self) -> frozenset[Act]:
        """Every act that ``approvals_of`` may name: who holds one may see the documents of this kind."""
        return frozenset(approval.act for approval in self.approvals)

    def awaited_acts(self) -> frozenset[Act]:
        """Every act whose holders a document of this kind may wait for."""
        completing = {self.complete_act} if self.complete_act else set()
        return self.approval_acts() | completing

    def viewer_acts(self) -> frozenset[Act]:
        """Who may see documents of this kind: whoever has a step to take in them."""
        return self.awaited_acts() | {self.draft_act}

    def completed_in(self, document: Document) -> int | None:
        """The store whose people complete it; None: those of the whole chain."""
        return int(document.subject_id) if self.completed_at_subject else document.store_id

    def subject(self, payload: P) -> tuple[str, str]:
        """What the document is about, by type and key, so that it can be found from there."""
        return "", ""

    def summary(self, payload: P) -> str:
        """One line for the list. Asks no database: a list calls it for each row."""
        return ""

    def lines(self, payload: P) -> Sequence[tuple[str | Promise, Any]]:
        """What the document says, as (label, value) for its page, where its kind has no template of its own."""
        return ()

    def standing(self, document: Document) -> str | Promise:
        """What its page says of where it stands and what that holds up; nothing where its state says it all."""
        return ""

    def check(self, *, actor: Actor, store_id: int | None, payload: P) -> P:
        """Refuse what cannot be, when it is drafted, edited and submitted; may fill in what is computed.

        Raises:
            DomainError
        """
        return payload

    def on_submitted(self, *, actor: Actor, document: Document, payload: P) -> None:
        """It waits for its first approval."""

    def on_approved(self, *, actor: Actor, document: Document, payload: P) -> None:
        """Its last approval was given."""

    def on_unapproved(self, *, actor: Actor, document: Document, payload: P) -> None:
        """Undo what ``on_approved`` did, or refuse."""

    def on_completed(self, *, actor: Actor, document: Document, payload: P) -> None:
        """It is done."""

    def on_released(self, *, actor: Actor, document: Document, payload: P) -> None:
        """It was rejected or cancelled: let go of what ``on_submitted`` held."""

    # ── What the engine does with a payload ──────────────────────────────────────────────────────────────────────

    def read(self, stored: Mapping[str, Any]) -> P:
        """A payload from what is stored or was typed.

        Raises:
            DocumentInvalid
        """
        try:
            return msgspec.convert(stored, self.payload_type, strict=False)
        except msgspec.ValidationError as error:
            raise DocumentInvalid(problem_label=str(error)) from error

    def write(self, payload: P) -> dict[str, Any]:
        """A payload as it is stored."""
        return dict(msgspec.to_builtins(payload))


_KINDS: dict[str, DocumentKind[Any]] = {}


def kind(cls: K) -> K:
    """Register a kind of document."""
    made = cls()
    clash = [other.code for other in _KINDS.values() if made.code == other.code or made.prefix == other.prefix]
    if clash:
        raise ValueError(f"{made.code} has the code or the prefix of {clash[0]}")
    _KINDS[made.code] = made
    return cls


def kind_of(code: str) -> DocumentKind[Any]:
    """The kind with this code.

    Raises:
        DocumentKindUnknown
    """
    try:
        return _KINDS[code]
    except KeyError:
        raise DocumentKindUnknown(kind=code) from None


def kinds() -> tuple[DocumentKind[Any], ...]:
    """Every kind, in the order of their codes."""
    return tuple(_KINDS[code] for code in sorted(_KINDS))
