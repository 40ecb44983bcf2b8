"""The steps of documents (R-C12). Each requires a transaction of the chain and leaves a step and an audit row.

``version`` is that of the document as the person saw it; with None nobody looked, as when another act takes the step.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kernel import clock
from membership.documents import locks
from membership.documents.domain import LONGEST_NOTE, STARTS, WITH_REASON, DocumentState, Step, number_of
from membership.documents.errors import (
    DocumentChanged,
    DocumentFourEyes,
    DocumentReasonMissing,
    DocumentStepForbidden,
)
from membership.documents.kinds import DocumentKind, kind_of
from membership.documents.models import Document, DocumentStep
from membership.documents.queries import has_a_hand_in
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require
from tenants.people.presets import source_text

_TRAIL: Final[Mapping[Step, str]] = {step: f"document.{step.value.lower()}" for step in Step}


def draft(
    *, actor: Actor, kind: str, payload: Mapping[str, Any], store_id: int | None = None, note: str = ""
) -> Document:
    """Begin a document; it has its number from now on. ``store_id`` None: of the whole chain.

    Raises:
        DocumentKindUnknown, NotAllowed, DocumentInvalid, and what the kind refuses
    """
    of_kind = kind_of(kind)
    require(actor, of_kind.draft_act, store_id=store_id)
    said = of_kind.check(actor=actor, store_id=store_id, payload=of_kind.read(payload))
    subject_type, subject_id = of_kind.subject(said)
    now, today = clock.now(), clock.today()
    document = Document.objects.create(
        number=number_of(of_kind.prefix, today, locks.next_serial(of_kind.code, today)),
        kind=of_kind.code,
        store_id=store_id,
        subject_type=subject_type,
        subject_id=subject_id,
        payload=of_kind.write(said),
        author=str(actor),
        author_name=actor.name,
        created_at=now,
        changed_at=now,
    )
    _leave(actor, document, Step.DRAFT, before="", note=note)
    return document


def edit(
    *, actor: Actor, number: str, payload: Mapping[str, Any], version: int | None = None, note: str = ""
) -> Document:
    """Change what a draft says.

    Raises:
        DocumentNotFound, NotAllowed, DocumentChanged, DocumentStepForbidden, DocumentInvalid, and what the kind refuses
    """
    document, of_kind = _begin(actor, number, Step.EDIT, version, note)
    said = of_kind.check(actor=actor, store_id=document.store_id, payload=of_kind.read(payload))
    document.payload = of_kind.write(said)
    document.subject_type, document.subject_id = of_kind.subject(said)
    return _move(actor, document, Step.EDIT, to=DocumentState.DRAFT, note=note)


def submit(*, actor: Actor, number: str, version: int | None = None, note: str = "") -> Document:
    """Hand a draft in. Its approvals are fixed now; a kind that needs none is approved by this.

    Raises:
        DocumentNotFound, NotAllowed, DocumentChanged, DocumentStepForbidden, DocumentInvalid, and what the kind refuses
    """
    document, of_kind = _begin(actor, number, Step.SUBMIT, version, note)
    said = of_kind.check(actor=actor, store_id=document.store_id, payload=of_kind.read(document.payload))
    document.payload = of_kind.write(said)
    needed = of_kind.approvals_of(document, said)
    document.approvals = [{"label": source_text(approval.label), "act": approval.act.value} for approval in needed]
    document.approvals_given, document.round = 0, document.round + 1
    of_kind.on_submitted(actor=actor, document=document, payload=said)
    if needed:
        return _move(actor, document, Step.SUBMIT, to=DocumentState.SUBMITTED, note=note)
    return _approved(actor, document, of_kind, Step.SUBMIT, note)


def approve(*, actor: Actor, number: str, version: int | None = None, note: str = "") -> Document:
    """Give the approval the document waits for; the last one approves it.

    Raises:
        DocumentNotFound, NotAllowed, DocumentChanged, DocumentStepForbidden, and what the kind refuses
        DocumentFourEyes: the approver wrote, submitted or approved it.
    """
    document, of_kind = _begin(actor, number, Step.APPROVE, version, note)
    if of_kind.four_eyes and has_a_hand_in(document, actor):
        raise DocumentFourEyes(number=document.number)
    given = _next_approval(document)["label"]
    document.approvals_given += 1
    if document.approvals_given < len(document.approvals):
        return _move(actor, document, Step.APPROVE, to=DocumentState.SUBMITTED, note=note, approval=given)
    return _approved(actor, document, of_kind, Step.APPROVE, note, approval=given)


def reject(*, actor: Actor, number: str, reason: str, version: int | None = None) -> Document:
    """Refuse the approval the document waits for: it is a draft again, with the reason beside it.

    Raises:
        DocumentNotFound, NotAllowed, DocumentChanged, DocumentStepForbidden, DocumentReasonMissing
    """
    document, of_kind = _begin(actor, number, Step.REJECT, version, reason)
    if not of_kind.holds_until_closed:
        of_kind.on_released(actor=actor, document=document, payload=of_kind.read(document.payload))
    refused = _next_approval(document)["label"]
    return _move(actor, document, Step.REJECT, to=DocumentState.DRAFT, note=reason, approval=refused)


def unapprove(*, actor: Actor, number: str, reason: str, version: int | None = None) -> Document:
    """Take an approval back (反审核): what it brought about is undone, and the document is a draft again.

    Raises:
        DocumentNotFound, NotAllowed, DocumentChanged, DocumentStepForbidden, DocumentReasonMissing, and what the kind
        refuses
    """
    document, of_kind = _begin(actor, number, Step.UNAPPROVE, version, reason)
    said = of_kind.read(document.payload)
    of_kind.on_unapproved(actor=actor, document=document, payload=said)
    if not of_kind.holds_until_closed:
        of_kind.on_released(actor=actor, document=document, payload=said)
    return _move(actor, document, Step.UNAPPROVE, to=DocumentState.DRAFT, note=reason)


def complete(*, actor: Actor, number: str, version: int | None = None, note: str = "") -> Document:
    """Close an approved document for good.

    Raises:
        DocumentNotFound, NotAllowed, DocumentChanged, DocumentStepForbidden, and what the kind refuses
    """
    document, of_kind = _begin(actor, number, Step.COMPLETE, version, note)
    of_kind.on_completed(actor=actor, document=document, payload=of_kind.read(document.payload))
    return _move(actor, document, Step.COMPLETE, to=DocumentState.COMPLETED, note=note)


def cancel(*, actor: Actor, number: str, reason: str, version: int | None = None) -> Document:
    """Give a document up before it is approved. Its number stays taken.

    Raises:
        DocumentNotFound, NotAllowed, DocumentChanged, DocumentStepForbidden, DocumentReasonMissing
    """
    document, of_kind = _begin(actor, number, Step.CANCEL, version, reason)
    if document.state == DocumentState.SUBMITTED or (of_kind.holds_until_closed and document.round):
        of_kind.on_released(actor=actor, document=document, payload=of_kind.read(document.payload))
    return _move(actor, document, Step.CANCEL, to=DocumentState.CANCELLED, note=reason)


def act_for(document: Document, step: Step) -> Act | None:
    """Who takes this step of this document: the holders of this act. None: nobody, in this kind."""
    of_kind = kind_of(document.kind)
    if step in (Step.APPROVE, Step.REJECT):
        return Act(_next_approval(document)["act"]) if document.state == DocumentState.SUBMITTED else None
    if step == Step.UNAPPROVE:
        # What was approved is taken back by those who may approve it last.
        return Act(document.approvals[-1]["act"]) if document.approvals else of_kind.draft_act
    if step == Step.COMPLETE:
        return of_kind.complete_act
    return of_kind.draft_act


def store_for(document: Document, step: Step) -> int | None:
    """In which store this step of this document is taken; None: in the whole chain."""
    return kind_of(document.kind).completed_in(document) if step == Step.COMPLETE else document.store_id


def _begin(actor: Actor, number: str, step: Step, version: int | None, note: str) -> tuple[Document, DocumentKind[Any]]:
    """The document, locked, when this person may take this step of it now."""
    document = locks.lock_document(number)
    of_kind = kind_of(document.kind)
    # Before the right: the step of whoever was first may have left the next one to somebody else.
    if version is not None and version != document.version:
        raise DocumentChanged(number=document.number)
    require(actor, act_for(document, step) or of_kind.draft_act, store_id=store_for(document, step))
    if document.state not in STARTS[step] or (step == Step.COMPLETE and of_kind.complete_act is None):
        raise DocumentStepForbidden(
            number=document.number, state_label=DocumentState(document.state).label, step_label=step.label
        )
    if step in WITH_REASON and not note.strip():
        raise DocumentReasonMissing
    return document, of_kind


def _approved(
    actor: Actor, document: Document, of_kind: DocumentKind[Any], step: Step, note: str, approval: str = ""
) -> Document:
    said = of_kind.read(document.payload)
    of_kind.on_approved(actor=actor, document=document, payload=said)
    document = _move(actor, document, step, to=DocumentState.APPROVED, note=note, approval=approval)
    if not of_kind.completes_itself:
        return document
    of_kind.on_completed(actor=actor, document=document, payload=said)
    return _move(actor, document, Step.COMPLETE, to=DocumentState.COMPLETED)


def _move(
    actor: Actor, document: Document, step: Step, *, to: DocumentState, note: str = "", approval: str = ""
) -> Document:
    """Write down where the document stands now, and the step that brought it there."""
    before = document.state
    document.state, document.version, document.changed_at = to, document.version + 1, clock.now()
    document.awaits_act = _awaited(document)
    document.save()
    _leave(actor, document, step, before=before, note=note, approval=approval)
    return document


def _awaited(document: Document) -> str:
    if document.state == DocumentState.SUBMITTED:
        return str(_next_approval(document)["act"])
    complete_act = kind_of(document.kind).complete_act
    return complete_act.value if document.state == DocumentState.APPROVED and complete_act else ""


def _next_approval(document: Document) -> Mapping[str, str]:
    needed: Sequence[Mapping[str, str]] = document.approvals
    return needed[document.approvals_given]


def _leave(actor: Actor, document: Document, step: Step, *, before: str, note: str, approval: str = "") -> None:
    DocumentStep.objects.create(
        document=document,
        version=document.version,
        round=document.round,
        step=step,
        approval=approval,
        from_state=before,
        to_state=document.state,
        actor=str(actor),
        actor_name=actor.name,
        at=document.changed_at,
        note=note.strip()[:LONGEST_NOTE],
        payload=document.payload if step == Step.SUBMIT else None,
    )
    detail = {"kind": document.kind, "to": document.state}
    detail |= {"from": before} if before else {}
    detail |= {"reason": note.strip()[:LONGEST_NOTE]} if note.strip() else {}
    record(
        actor,
        _TRAIL[step],
        object_type="document",
        object_id=document.number,
        store_id=document.store_id,
        detail=detail,
    )
