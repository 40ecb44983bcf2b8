"""The steps of documents: every step from every state by everybody, four eyes, numbers, hooks."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from kernel import clock
from kernel.errors import DomainError
from membership.documents import queries, services
from membership.documents.domain import DocumentState, Step
from membership.documents.errors import (
    DocumentChanged,
    DocumentFourEyes,
    DocumentInvalid,
    DocumentKindUnknown,
    DocumentNotFound,
    DocumentReasonMissing,
)
from membership.documents.kinds import DocumentKind, kind
from membership.documents.models import Document, DocumentStep
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Act, Actor, NotAllowed
from tests.membership.documents.conftest import SlipKind, TooMany, WishKind, somebody
from tests.membership.test_races import _at_once

InChain = Callable[..., AbstractContextManager[None]]
Registry = dict[str, Any]

AUTHOR = somebody(1, Act.CARD_VIEW)
HEAD = somebody(2, Act.STOCK_REQUEST)
OFFICE = somebody(3, Act.STOCK_APPROVE)
PLANNER = somebody(4, Act.STOCK_DELIVER)
STRANGER = somebody(5, Act.MEMBER_VIEW)
ALL = somebody(6, Act.CARD_VIEW, Act.STOCK_REQUEST, Act.STOCK_APPROVE, Act.STOCK_DELIVER)

pytestmark = pytest.mark.usefixtures("registry")


def _draft(**payload: Any) -> Document:
    return services.draft(actor=AUTHOR, kind="WISH", payload={"quantity": 3} | payload)


def _bring(state: str) -> Document:
    """A document in that state, brought there by those whose work it is. SIGNED: one of two approvals given."""
    document = _draft()
    if state == "CANCELLED":
        return services.cancel(actor=AUTHOR, number=document.number, reason="不要了")
    way = [
        ("SUBMITTED", AUTHOR, services.submit),
        ("SIGNED", HEAD, services.approve),
        ("APPROVED", OFFICE, services.approve),
        ("COMPLETED", PLANNER, services.complete),
    ]
    stops = [name for name, *_ in way]
    for _name, actor, take in way[: stops.index(state) + 1 if state in stops else 0]:
        document = take(actor=actor, number=document.number)
    return document


def _take(step: Step, actor: Actor, number: str) -> Document:
    if step == Step.EDIT:
        return services.edit(actor=actor, number=number, payload={"quantity": 4})
    if step in (Step.SUBMIT, Step.APPROVE, Step.COMPLETE):
        return getattr(services, step.value.lower())(actor=actor, number=number)  # type: ignore[no-any-return]
    return getattr(services, step.value.lower())(actor=actor, number=number, reason="有误")  # type: ignore[no-any-return]


NO = "not_allowed"
NOW = "document_step_forbidden"
# Who takes the step: the author, the store's head, the head office, the planner, a stranger. "-" is NO, "x" is NOW.
TABLE = """
           DRAFT        SUBMITTED    SIGNED       APPROVED     COMPLETED    CANCELLED
EDIT       D - - - -    x - - - -    x - - - -    x - - - -    x - - - -    x - - - -
SUBMIT     S - - - -    x - - - -    x - - - -    x - - - -    x - - - -    x - - - -
APPROVE    x - - - -    - S - - -    - - A - -    x - - - -    x - - - -    x - - - -
REJECT     x - - - -    - D - - -    - - D - -    x - - - -    x - - - -    x - - - -
UNAPPROVE  x - - - -    - - x - -    - - x - -    - - D - -    - - x - -    x - - - -
COMPLETE   - - - x -    - - - x -    - - - x -    - - - C -    - - - x -    - - - x -
CANCEL     G - - - -    G - - - -    G - - - -    x - - - -    x - - - -    x - - - -
"""
_HEADS, *_ROWS = TABLE.strip("\n").splitlines()
_STATES = {"D": "DRAFT", "S": "SUBMITTED", "A": "APPROVED", "C": "COMPLETED", "G": "CANCELLED", "-": NO, "x": NOW}
ROWS = {Step(row.split()[0]): row.split()[1:] for row in _ROWS}
PEOPLE = (AUTHOR, HEAD, OFFICE, PLANNER, STRANGER)


@pytest.mark.parametrize("step", list(ROWS))
def test_every_step_from_every_state_by_everybody(in_chain: InChain, step: Step) -> None:
    """R-C12. What is refused leaves document, steps and trail as they were."""
    found = []
    with in_chain():
        for state, actor in product(_HEADS.split(), PEOPLE):
            number = _bring(state).number
            before = _picture(number)
            try:
                with transaction.atomic():
                    after = _take(step, actor, number).state
                assert _picture(number)[1] == before[1] + 1
            except DomainError as error:
                after = error.code
                assert _picture(number) == before
            found.append(after)
    assert found == [_STATES[cell] for cell in ROWS[step]]


def _picture(number: str) -> tuple[Any, ...]:
    trail = AuditEntry.objects.filter(object_type="document").count()
    steps = DocumentStep.objects.filter(document__number=number).count()
    return Document.objects.filter(number=number).values().get(), steps, trail


def test_numbers_have_no_gap_within_a_kind_and_a_day(in_chain: InChain, held_clock: datetime) -> None:
    with in_chain():
        assert _draft().number == "XY20260302-0001"
        with pytest.raises(TooMany), transaction.atomic():
            _draft(quantity=101)
        assert _draft().number == "XY20260302-0002"
        assert services.draft(actor=AUTHOR, kind="SLIP", payload={"quantity": 1}).number == "TZ20260302-0001"
        # The day is the chain's: 23:59 in China is still the second of March.
        with clock.frozen(held_clock + timedelta(hours=11, minutes=59)):
            assert _draft().number == "XY20260302-0003"
        with clock.frozen(held_clock + timedelta(hours=12)):
            assert _draft().number == "XY20260303-0001"


def test_many_at_once_get_numbers_without_a_gap(chain: Chain, in_chain: InChain, held_clock: datetime) -> None:
    def good() -> object:
        with clock.frozen(held_clock):
            return _draft()

    def broken_off() -> object:
        with clock.frozen(held_clock):
            _draft()
        raise TooMany

    assert _at_once(chain, *[good] * 6, *[broken_off] * 3) == ["done"] * 6 + ["too_many"] * 3
    with in_chain():
        numbers = sorted(Document.objects.values_list("number", flat=True))
    assert numbers == [f"XY20260302-{serial:04d}" for serial in range(1, 7)]


def test_who_had_a_hand_in_it_does_not_approve_it(in_chain: InChain) -> None:
    with in_chain():
        document = services.draft(actor=ALL, kind="WISH", payload={"quantity": 1})
        services.submit(actor=AUTHOR, number=document.number)
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            services.approve(actor=ALL, number=document.number)
        other = services.submit(actor=AUTHOR, number=_draft().number)
        services.approve(actor=ALL, number=other.number)
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            services.approve(actor=ALL, number=other.number)
        edited = _draft()
        services.edit(actor=ALL, number=edited.number, payload={"quantity": 9})
        services.submit(actor=AUTHOR, number=edited.number)
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            services.approve(actor=ALL, number=edited.number)


def test_who_approved_an_earlier_round_approves_again(in_chain: InChain) -> None:
    with in_chain():
        document = _bring("APPROVED")
        services.unapprove(actor=OFFICE, number=document.number, reason="数量有误")
        services.submit(actor=AUTHOR, number=document.number)
        services.approve(actor=HEAD, number=document.number)
        assert services.approve(actor=OFFICE, number=document.number).state == DocumentState.APPROVED


def test_one_person_may_do_it_all_where_the_kind_asks_no_four_eyes(
    in_chain: InChain, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry["WISH"], "four_eyes", False)
    with in_chain():
        document = services.draft(actor=ALL, kind="WISH", payload={"quantity": 1})
        services.submit(actor=ALL, number=document.number)
        services.approve(actor=ALL, number=document.number)
        assert list(queries.waiting_for(ALL)) == [document]
        assert services.approve(actor=ALL, number=document.number).state == DocumentState.APPROVED


def test_each_step_says_who_when_and_why(in_chain: InChain, held_clock: datetime) -> None:
    with in_chain():
        document = services.submit(actor=AUTHOR, number=_draft().number, note="急用")
        services.reject(actor=HEAD, number=document.number, reason="数量太多")
        services.edit(actor=AUTHOR, number=document.number, payload={"quantity": 2})
        services.submit(actor=AUTHOR, number=document.number)
        told = [
            (step.step, step.actor_name, step.note, step.approval, step.payload, step.at)
            for step in queries.steps_of(document)
        ]
        trail = list(
            AuditEntry.objects.filter(object_type="document").order_by("pk").values_list("act", "object_id", "detail")
        )
    three, two = {"quantity": 3, "note": ""}, {"quantity": 2, "note": ""}
    assert told == [
        ("DRAFT", "员工1", "", "", None, held_clock),
        ("SUBMIT", "员工1", "急用", "", three, held_clock),
        ("REJECT", "员工2", "数量太多", "店长签字", None, held_clock),
        ("EDIT", "员工1", "", "", None, held_clock),
        ("SUBMIT", "员工1", "", "", two, held_clock),
    ]
    assert [act for act, _, _ in trail] == [
        f"document.{step}" for step in ("draft", "submit", "reject", "edit", "submit")
    ]
    assert trail[2] == (
        "document.reject",
        document.number,
        {"kind": "WISH", "from": "SUBMITTED", "to": "DRAFT", "reason": "数量太多"},
    )


def test_hooks_run_within_the_step_and_can_refuse_it(in_chain: InChain, registry: Registry) -> None:
    with in_chain():
        document = _bring("APPROVED")
        services.unapprove(actor=OFFICE, number=document.number, reason="再想想")
        services.submit(actor=AUTHOR, number=document.number)
        services.cancel(actor=AUTHOR, number=document.number, reason="算了")
        heard = [what for what, number, quantity in registry["WISH"].heard]
        assert heard == ["submitted", "approved", "unapproved", "released", "submitted", "released"]
        waiting = _bring("SIGNED")
        registry["WISH"].refuses = "approved"
        with pytest.raises(TooMany), transaction.atomic():
            services.approve(actor=OFFICE, number=waiting.number)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.approvals_given) == ("SUBMITTED", 1)


def test_a_kind_that_needs_nobody_is_completed_by_submitting(in_chain: InChain, registry: Registry) -> None:
    with in_chain():
        slip = services.draft(actor=AUTHOR, kind="SLIP", payload={"quantity": 1})
        slip = services.submit(actor=AUTHOR, number=slip.number)
        assert slip.state == DocumentState.COMPLETED
        assert [step.to_state for step in queries.steps_of(slip)] == ["DRAFT", "APPROVED", "COMPLETED"]
        assert [what for what, *_ in registry["SLIP"].heard] == ["submitted", "approved", "completed"]


def test_a_step_upon_an_older_version_is_refused(in_chain: InChain) -> None:
    with in_chain():
        document = services.submit(actor=AUTHOR, number=_draft().number, version=1)
        services.reject(actor=HEAD, number=document.number, reason="改", version=2)
        services.edit(actor=AUTHOR, number=document.number, payload={"quantity": 90}, version=3)
        services.submit(actor=AUTHOR, number=document.number, version=4)
        with pytest.raises(DocumentChanged):
            services.approve(actor=HEAD, number=document.number, version=2)


def test_two_approvers_at_once_give_one_approval(chain: Chain, in_chain: InChain) -> None:
    with in_chain():
        number = _bring("SUBMITTED").number
    both = somebody(8, Act.STOCK_REQUEST), somebody(9, Act.STOCK_REQUEST)
    acts = [lambda actor=actor: services.approve(actor=actor, number=number, version=2) for actor in both]
    assert _at_once(chain, *acts) == ["document_changed", "done"]
    with in_chain():
        assert Document.objects.get(number=number).approvals_given == 1


@pytest.mark.parametrize("step", ["reject", "unapprove", "cancel"])
def test_what_undoes_somebodys_work_says_why(in_chain: InChain, step: str) -> None:
    state, actor = {"reject": ("SUBMITTED", HEAD), "unapprove": ("APPROVED", OFFICE), "cancel": ("DRAFT", AUTHOR)}[step]
    with in_chain():
        document = _bring(state)
        with pytest.raises(DocumentReasonMissing):
            getattr(services, step)(actor=actor, number=document.number, reason=" ")


def test_what_is_no_document_is_refused(in_chain: InChain) -> None:
    with in_chain():
        with pytest.raises(DocumentNotFound):
            services.submit(actor=AUTHOR, number="XY20260302-9999")
        with pytest.raises(DocumentKindUnknown):
            services.draft(actor=AUTHOR, kind="NONE", payload={})
        with pytest.raises(DocumentInvalid):
            services.draft(actor=AUTHOR, kind="WISH", payload={"quantity": "many"})
        with pytest.raises(NotAllowed):
            services.draft(actor=STRANGER, kind="WISH", payload={"quantity": 1})
        assert Document.objects.count() == 0


def test_a_document_of_a_store_is_for_those_who_work_there(in_chain: InChain, store_id: int) -> None:
    with in_chain():
        document = services.draft(actor=SYSTEM, kind="WISH", payload={"quantity": 1}, store_id=store_id)
        services.submit(actor=SYSTEM, number=document.number)
        here = somebody(10, Act.STOCK_REQUEST, store_id=store_id)
        elsewhere = somebody(11, Act.STOCK_REQUEST, store_id=store_id + 1)
        assert list(queries.visible_to(here)) == list(queries.waiting_for(here)) == [document]
        assert list(queries.visible_to(elsewhere)) == list(queries.waiting_for(elsewhere)) == []
        with pytest.raises(NotAllowed), transaction.atomic():
            services.approve(actor=elsewhere, number=document.number)
        assert services.approve(actor=here, number=document.number).approvals_given == 1
        assert list(queries.waiting_for(here)) == []
        whole_chain = _draft()
        with pytest.raises(NotAllowed):
            services.cancel(actor=somebody(12, Act.CARD_VIEW, store_id=store_id), number=whole_chain.number, reason="x")


def test_the_work_list_follows_the_document(
    in_chain: InChain, django_assert_num_queries: Callable[[int], AbstractContextManager[None]]
) -> None:
    people = {"author": AUTHOR, "head": HEAD, "office": OFFICE, "planner": PLANNER, "stranger": STRANGER}
    seen = {}
    with in_chain():
        for state in ("DRAFT", "SUBMITTED", "SIGNED", "APPROVED", "COMPLETED", "CANCELLED"):
            document = _bring(state)
            seen[state] = [name for name, who in people.items() if document in queries.waiting_for(who)]
        with django_assert_num_queries(1):
            queries.page_of_documents(queries.waiting_for(ALL), size=10)
        assert queries.visible_to(STRANGER).count() == 0
        assert queries.visible_to(AUTHOR).count() == 6
    assert seen == {
        "DRAFT": ["author"],
        "SUBMITTED": ["head"],
        "SIGNED": ["office"],
        "APPROVED": ["planner"],
        "COMPLETED": [],
        "CANCELLED": [],
    }


def test_approvals_are_fixed_at_submission(
    in_chain: InChain, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_chain():
        document = _bring("SUBMITTED")
        monkeypatch.setattr(registry["WISH"], "approvals", ())
        services.approve(actor=HEAD, number=document.number)
        assert services.approve(actor=OFFICE, number=document.number).state == DocumentState.APPROVED


@pytest.mark.parametrize("verb", ["UPDATE documents_documentstep SET note = ''", "DELETE FROM documents_documentstep"])
def test_steps_are_only_ever_added(in_chain: InChain, verb: str) -> None:
    with in_chain():
        _draft()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(verb)


def test_a_document_is_found_by_what_it_is_about(in_chain: InChain) -> None:
    with in_chain():
        document = _draft(quantity=7)
        assert list(queries.about("wish", "7")) == [document]
        services.edit(actor=AUTHOR, number=document.number, payload={"quantity": 8})
        assert list(queries.about("wish", "7")) == []
        assert list(queries.narrowed(queries.visible_to(AUTHOR), kind="WISH", state="DRAFT", number="-0001"))


def test_no_two_kinds_share_a_code_or_a_prefix() -> None:
    with pytest.raises(ValueError, match="WISH"):
        kind(WishKind)

    class Twin(SlipKind):
        code = "TWIN"

    with pytest.raises(ValueError, match="SLIP"):
        kind(Twin)
    assert issubclass(Twin, DocumentKind)
