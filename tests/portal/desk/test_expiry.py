"""Expiry and dormancy at the desk: what is shown, to whom, and what the buttons do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock
from membership.cards.models import Card
from membership.documents.models import Document
from membership.expiry.models import ClearingNotice, DormantCard, ExpiryPolicy, ValidityNotice
from membership.expiry.services import daily
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tests.membership.conftest import Holder
from tests.membership.expiry.conftest import earn
from tests.portal.people.conftest import at_desk

__all__ = ["at_desk", "earn"]
InChain = Callable[..., AbstractContextManager[None]]
AtDesk = Callable[..., Client]


@pytest.fixture
def old(in_chain: InChain, issue: Callable[..., Holder], earn: Callable[..., None]) -> Holder:
    """A card with points and money, used last 350 days ago."""
    with clock.frozen(clock.now() - timedelta(days=350)):
        holder = issue("江河", "13900007777", top_up_fen=6_600)
        earn(holder, 88)
    return holder


def test_points_that_will_be_cleared_are_listed_exported_and_told_at_the_till(
    chain: Chain, in_chain: InChain, old: Holder, at_desk: AtDesk
) -> None:
    daily.run(chain.schema_name)
    with in_chain():
        day = ClearingNotice.objects.get().clears_on.isoformat()
    service = at_desk("MEMBER_SERVICE", "CASHIER")
    with CaptureQueriesContext(connection) as asked:
        page = service.get("/desk/expiry/").content.decode()
    assert old.number[:4] in page
    assert day in page
    assert len(asked) < 25
    sheet = service.get("/desk/expiry/notices.csv")
    assert f"{old.number},江河,88," in sheet.content.decode("utf-8-sig")
    assert day in service.get(f"/desk/till/?card={old.number}").content.decode()


def test_cards_that_end_are_listed_exported_and_told_at_the_till(
    chain: Chain, in_chain: InChain, holder: Holder, at_desk: AtDesk
) -> None:
    """R-P28; a card that was given another day since is not shown any more."""
    last_day = clock.today() + timedelta(days=10)
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(account_valid_until=last_day)
    daily.run(chain.schema_name)
    service = at_desk("MEMBER_SERVICE", "CASHIER")
    with CaptureQueriesContext(connection) as asked:
        page = service.get("/desk/expiry/cards/").content.decode()
    assert holder.number[:4] in page
    assert last_day.isoformat() in page
    assert len(asked) < 25
    sheet = service.get("/desk/expiry/cards.csv").content.decode("utf-8-sig")
    assert f"{holder.number},林静,金卡,{last_day}," in sheet
    assert f"会员卡有效期至 {last_day}" in service.get(f"/desk/till/?card={holder.number}").content.decode()
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(account_valid_until=last_day + timedelta(days=900))
        assert ValidityNotice.objects.count() == 1
    assert holder.number not in service.get("/desk/expiry/cards.csv").content.decode()


def test_who_may_see_and_who_may_not(chain: Chain, at_desk: AtDesk) -> None:
    clerk = at_desk("SALES")
    for path in ("expiry/", "expiry/rules/", "expiry/cards/", "dormancy/", "dormancy/reopen/"):
        assert clerk.get(f"/desk/{path}").status_code == 403, path


def test_the_rules_are_changed_by_whoever_sets_policies_and_audited(in_chain: InChain, at_desk: AtDesk) -> None:
    information = at_desk("INFORMATION")
    asked = {
        "points_policy": "FIXED", "points_months": 24, "points_notice_days": 30, "dormant_months": 18,
        "dormancy_notice_days": 15, "validity_notice_days": 0,
    }  # fmt: skip
    assert information.post("/desk/expiry/rules/", asked).status_code == 302
    assert information.post("/desk/expiry/rules/", asked | {"dormant_months": 2}).status_code == 400
    with in_chain():
        rules = ExpiryPolicy.objects.get()
        assert (rules.points_policy, rules.points_months, rules.dormant_months) == ("FIXED", 24, 18)
        changed = {"points_policy": "FIXED", "points_months": 24, "dormant_months": 18, "validity_notice_days": 0}
        assert AuditEntry.objects.get(act="expiry.rules").detail == changed


def test_a_list_from_its_making_to_the_opening_of_a_card(
    chain: Chain, in_chain: InChain, issue: Callable[..., Holder], at_desk: AtDesk, store_id: int
) -> None:
    with clock.frozen(clock.now() - timedelta(days=400)):
        first, second = issue("江河", "13900007777", top_up_fen=6_600), issue("海宁", "13900007778", top_up_fen=100)
    service, office = at_desk("MEMBER_SERVICE"), at_desk("HEAD_OFFICE")
    made = service.post("/desk/dormancy/")
    assert made.status_code == 302
    here = made["Location"]
    number = here.rstrip("/").rpartition("/")[2]
    assert "¥67.00" in service.get(here).content.decode().replace("&nbsp;", "")
    with in_chain():
        spared = DormantCard.objects.get(card=second.card).pk
    service.post(f"{here}step/", {"step": "leave_out", "line": [spared]})
    service.post(f"{here}step/", {"step": "submit"})
    office.post(f"{here}step/", {"step": "approve"})
    with in_chain():
        assert Document.objects.get(number=number).state == "APPROVED"
    with clock.frozen(clock.now() + timedelta(days=16)):
        daily.run(chain.schema_name)
    with in_chain():
        assert dict(Card.objects.filter(pk__in=[first.card.pk, second.card.pk]).values_list("pk", "status")) == {
            first.card.pk: "FROZEN",
            second.card.pk: "ACTIVE",
        }
    assert "66.00" in office.get("/desk/dormancy/standing.csv").content.decode()
    refused = service.post("/desk/dormancy/reopen/", {"card_number": second.number, "verified_by": "身份证件"})
    assert refused.status_code == 409
    opened = service.post("/desk/dormancy/reopen/", {"card_number": first.number, "verified_by": "身份证件"})
    assert opened.status_code == 302
    with in_chain():
        assert Card.objects.get(pk=first.card.pk).status == "ACTIVE"


def test_a_list_that_is_not_there(at_desk: AtDesk) -> None:
    assert at_desk("MEMBER_SERVICE").get("/desk/dormancy/SM20260101-0001/").status_code == 404


def test_a_dormant_card_is_opened_by_its_form_only(in_chain: InChain, old: Holder, at_desk: AtDesk) -> None:
    """R-G05: the card's page leads to the form, and so does the refusal of a plain unfreezing."""
    with in_chain():
        Card.objects.filter(pk=old.card.pk).update(status="FROZEN")
    desk = at_desk("MEMBER_SERVICE", "CASHIER")
    page = f"/desk/cards/{old.number}/"
    form = f"/desk/dormancy/reopen/?number={old.number}"
    assert form not in desk.get(page).content.decode()
    with in_chain():
        now = clock.now()
        paper = Document.objects.create(
            kind="DORMANCY", number="SM-1", state="APPROVED", payload={}, created_at=now, changed_at=now
        )
        DormantCard.objects.create(
            document=paper, card=old.card, last_used_at=clock.now(), balance_fen=6_600, points=88, state="FROZEN",
            freezes_on=clock.today(), changed_at=clock.now(),
        )  # fmt: skip
    shown = desk.get(page).content.decode()
    assert form in shown
    assert 'value="unfreeze"' not in shown
    answer = desk.post(f"{page}step/", {"step": "unfreeze", "reason": "想用"})
    assert (answer.status_code, answer["Location"]) == (302, form)
    assert "未作任何更改" in desk.get(form).content.decode()
    with in_chain():
        assert Card.objects.get(pk=old.card.pk).status == "FROZEN"
