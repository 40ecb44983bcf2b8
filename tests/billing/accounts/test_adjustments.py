"""Adjustments by hand: four eyes, once, and nothing of it can be changed."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, connections

from billing.accounts import adjustments, queries
from billing.accounts.domain import (
    AccountStanding,
    AdjustmentDecided,
    AdjustmentEmpty,
    AdjustmentNotFound,
    AdjustmentOwn,
)
from billing.accounts.models import Adjustment, AdjustmentDecision
from kernel import clock
from kernel.db import in_public
from ledger.models import Posting
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Actor, NotAllowed, UserKind
from tenants.people.models import User
from tenants.people.queries import actor_of

Clerk = Callable[[str], Actor]


@pytest.fixture
def clerk(database: None) -> Clerk:
    """``clerk("li")``: one of the platform's staff."""

    def make(name: str) -> Actor:
        with in_public():
            return actor_of(
                User.objects.create(username=name, email=f"{name}@kayun.cn", name=name, kind=UserKind.PLATFORM)
            )

    return make


def test_one_asks_another_approves(shop: Chain, clerk: Clerk) -> None:
    li, wang = clerk("li"), clerk("wang")
    with in_public():
        asked = adjustments.request_adjustment(actor=li, chain_id=shop.pk, amount_fen=5_000, reason=" 多扣一次 ")
        assert queries.standing_of(shop.pk) == AccountStanding(0, 0)
        assert [one.reason for one in queries.pending_adjustments()] == ["多扣一次"]
    with in_public(), pytest.raises(AdjustmentOwn):
        adjustments.approve_adjustment(actor=li, adjustment_id=asked.pk)
    with in_public():
        decision = adjustments.approve_adjustment(actor=wang, adjustment_id=asked.pk, note="已核对")
        (line,) = queries.entries_of(shop.pk)
        assert (line.posting_id, line.kind, line.amount_fen) == (decision.posting_id, "CHAIN_ADJUSTMENT", 5_000)
        assert list(queries.pending_adjustments()) == []
        assert [one.decision.decided_by.name for one in queries.decided_adjustments(size=5)] == ["wang"]
    for again in (adjustments.approve_adjustment, adjustments.reject_adjustment):
        with in_public(), pytest.raises(AdjustmentDecided):
            again(actor=wang, adjustment_id=asked.pk)
    with in_public():
        assert queries.standing_of(shop.pk) == AccountStanding(5_000, 0)
        assert list(AuditEntry.objects.order_by("pk").values_list("act", "actor_name")) == [
            ("adjustment.request", "li"),
            ("adjustment.approve", "wang"),
        ]


def test_what_is_taken_may_become_owed(shop: Chain, clerk: Clerk) -> None:
    with in_public():
        asked = adjustments.request_adjustment(actor=clerk("li"), chain_id=shop.pk, amount_fen=-300, reason="漏收")
        adjustments.approve_adjustment(actor=clerk("wang"), adjustment_id=asked.pk)
        assert queries.standing_of(shop.pk) == AccountStanding(0, 300)


def test_a_rejected_one_moves_nothing(shop: Chain, clerk: Clerk) -> None:
    with in_public():
        asked = adjustments.request_adjustment(actor=clerk("li"), chain_id=shop.pk, amount_fen=300, reason="补偿")
        adjustments.reject_adjustment(actor=clerk("wang"), adjustment_id=asked.pk, note="无依据")
        assert Posting.objects.count() == 0


def test_only_the_platforms_staff(shop: Chain) -> None:
    owner = Actor(kind="owner", id=shop.owner_id, name="沈知远")
    with in_public(), pytest.raises(NotAllowed):
        adjustments.request_adjustment(actor=owner, chain_id=shop.pk, amount_fen=5_000, reason="多扣")
    with in_public():
        assert Adjustment.objects.count() == 0


def test_an_adjustment_says_something(shop: Chain, clerk: Clerk) -> None:
    li = clerk("li")
    for amount, reason in ((0, "多扣"), (5, "  ")):
        with in_public(), pytest.raises(AdjustmentEmpty):
            adjustments.request_adjustment(actor=li, chain_id=shop.pk, amount_fen=amount, reason=reason)
    with in_public(), pytest.raises(AdjustmentNotFound):
        adjustments.approve_adjustment(actor=li, adjustment_id=404)


def test_the_database_holds_four_eyes(shop: Chain, clerk: Clerk) -> None:
    li, wang = clerk("li"), clerk("wang")
    with in_public():
        asked = adjustments.request_adjustment(actor=li, chain_id=shop.pk, amount_fen=300, reason="补偿")
    for requested_by, rule in ((li.id, "adjustment_four_eyes"), (wang.id, "adjustment_decision_requester_fk")):
        with pytest.raises(IntegrityError, match=rule), in_public():
            AdjustmentDecision.objects.create(
                adjustment=asked,
                requested_by_id=requested_by,
                decided_by_id=li.id,
                approved=False,
                decided_at=clock.now(),
            )
    with pytest.raises(DatabaseError, match="adjustment_insert_only"), in_public(using="owner"):
        connections["owner"].cursor().execute("UPDATE accounts_adjustment SET amount_fen = 5")
