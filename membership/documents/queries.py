"""Finding documents: those a person may see, and those that wait for her."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from membership.documents.domain import DocumentState, Step
from membership.documents.kinds import kinds
from membership.documents.models import Document, DocumentStep
from tenants.people.domain import EVERYWHERE, Actor

STORE_SUBJECT: Final = "store"
"""The type of a document's subject that is a store."""
_WRITING: Final = (Step.DRAFT, Step.EDIT, Step.SUBMIT)


def has_a_hand_in(document: Document, actor: Actor) -> bool:
    """Whether the actor wrote or submitted the document, or approved it in its present round."""
    approved = Q(step=Step.APPROVE, round=document.round)
    return document.steps.filter(Q(step__in=_WRITING) | approved, actor=str(actor)).exists()


def visible_to(actor: Actor) -> QuerySet[Document]:
    """The documents in which the actor has a step to take, by kind and store."""
    seen = Q(pk__in=[])
    for of_kind in kinds():
        stores: set[int] = set()
        for act in of_kind.viewer_acts():
            granted = actor.grants.get(act, frozenset())
            if granted == EVERYWHERE:
                seen |= Q(kind=of_kind.code)
                break
            stores.update(granted)  # type: ignore[arg-type]  # not "all": the branch above
        else:
            if stores:
                seen |= Q(kind=of_kind.code, store_id__in=sorted(stores))
                if of_kind.completed_at_subject:
                    seen |= Q(kind=of_kind.code) & _about_stores(stores)
    return Document.objects.filter(seen).select_related("store")


def waiting_for(actor: Actor) -> QuerySet[Document]:
    """The documents whose next step is this person's: approvals she may give, completions, and her own drafts."""
    awaited = Q(pk__in=[])
    handed_on = [of_kind.code for of_kind in kinds() if of_kind.completed_at_subject]
    elsewhere = Q(kind__in=handed_on, state=DocumentState.APPROVED)
    for act in sorted(set().union(*(of_kind.awaited_acts() for of_kind in kinds()))):
        granted = actor.grants.get(act, frozenset())
        here = Q()
        if granted != EVERYWHERE:
            here = (Q(store_id__in=sorted(granted)) & ~elsewhere) | (_about_stores(granted) & elsewhere)
        awaited |= Q(awaits_act=act) & here
    mine = DocumentStep.objects.filter(document=OuterRef("pk"), actor=str(actor))
    wrote = mine.filter(step__in=_WRITING)
    approved = mine.filter(step=Step.APPROVE, round=OuterRef("round"))
    alone = [of_kind.code for of_kind in kinds() if not of_kind.four_eyes]
    free = Q(state=DocumentState.APPROVED) | Q(kind__in=alone) | (~Exists(wrote) & ~Exists(approved))
    drafts = Q(state=DocumentState.DRAFT, author=str(actor))
    return Document.objects.filter((awaited & free) | drafts).select_related("store")


def documents_about(subject_type: str, subject_id: str) -> QuerySet[Document]:
    """The documents about this, the latest first."""
    return Document.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by("-pk")


def _about_stores(store_ids: Iterable[Any]) -> Q:
    return Q(subject_type=STORE_SUBJECT, subject_id__in=[str(store_id) for store_id in sorted(store_ids)])


def narrowed(
    found: QuerySet[Document], *, kind: str = "", state: str = "", store_id: int | None = None, number: str = ""
) -> QuerySet[Document]:
    """Those of one kind, in one state, of one store, whose number holds this text."""
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)
    if store_id is not None:
        found = found.filter(store_id=store_id)
    if number.strip():
        found = found.filter(number__contains=number.strip().upper()[:24])
    return found


def page_of_documents(found: QuerySet[Document], *, size: int, before_id: int | None = None) -> list[Document]:
    """The latest ``size`` documents begun before that one. One query on any page."""
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.order_by("-pk")[:size])


def steps_of(document: Document) -> list[DocumentStep]:
    """Everything that was done to a document, in order."""
    return list(document.steps.order_by("version"))


def about(subject_type: str, subject_id: str) -> QuerySet[Document]:
    """The documents about a thing, the latest first."""
    return Document.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by("-pk")
