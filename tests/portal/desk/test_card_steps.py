"""Loss, its end, freezing and its end, on a card's page; and the addresses that name no card."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from membership.cards.models import Card
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("there", "back", "status", "kinds"),
    [("lost", "found", "LOST", ["LOSS", "LOSS_LIFTED"]), ("freeze", "unfreeze", "FROZEN", ["FREEZE", "UNFREEZE"])],
)
def test_a_card_is_stopped_and_put_back(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, there: str, back: str, status: str, kinds: list[str]
) -> None:
    """R-J02, R-J07, X-25."""
    browser = at_desk("MEMBER_SERVICE")
    path = f"/desk/cards/{holder.number}/"
    seen = {"id_shown": "HOLDER"} if there == "lost" else {}
    assert f'value="{there}"' in browser.get(path).content.decode()
    answer = browser.post(f"{path}step/", {"step": there, "reason": "会员来店", **seen}, follow=True)
    assert answer.redirect_chain == [(path, 302)]
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == status
    again = browser.post(f"{path}step/", {"step": there, "reason": "会员来店", **seen}, follow=True).content.decode()
    assert "不能办理" in again
    assert f'value="{back}"' in again
    browser.post(f"{path}step/", {"step": back, "reason": "找到了", **seen})
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == "ACTIVE"
        records = Record.objects.filter(kind__in=kinds).order_by("occurred_at", "id")
        assert [(record.kind, record.detail["note"]) for record in records] == [
            (kinds[0], "会员来店"),
            (kinds[1], "找到了"),
        ]
        trail = AuditEntry.objects.filter(act="card.status").order_by("pk")
        assert [entry.detail for entry in trail] == [
            {"from": "ACTIVE", "to": status, "reason": "会员来店", **seen},
            {"from": status, "to": "ACTIVE", "reason": "找到了", **seen},
        ]


def test_a_step_wants_a_reason_and_the_act(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    path = f"/desk/cards/{holder.number}/step/"
    assert at_desk("MEMBER_SERVICE").post(path, {"step": "lost", "reason": ""}).status_code == 400
    assert at_desk("CASHIER").post(path, {"step": "lost", "reason": "x"}).status_code == 403
    front_desk = at_desk("FRONT_DESK")
    assert front_desk.post(path, {"step": "freeze", "reason": "x"}).status_code == 403
    assert 'value="freeze"' not in front_desk.get(f"/desk/cards/{holder.number}/").content.decode()
    front_desk.post(path, {"step": "destroy", "reason": "x"})
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == "ACTIVE"
        assert not AuditEntry.objects.filter(act="card.status").exists()


@pytest.mark.parametrize(
    "path",
    [
        "/desk/cards/%00/",
        "/desk/cards/a%00b/pin/",
        "/desk/members/%00/",
        "/desk/members/%0a/edit/",
        "/desk/api-keys/%00/revoke/",
        f"/desk/cards/{'9' * 5000}/",
    ],
)
def test_addresses_that_name_nothing_are_not_found(owner_at_desk: Client, path: str) -> None:
    assert owner_at_desk.get(path).status_code == 404
    assert owner_at_desk.post(path).status_code == 404


def test_a_form_sent_after_the_log_in_ended_says_so(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    browser = at_desk("CASHIER")
    with in_chain():
        browser.logout()
    answer = browser.post("/desk/till/", {"card_number": holder.number, "amount": "1"})
    assert answer.status_code == 403
    assert "登录已过期" in answer.content.decode()
    assert 'href="/desk/login/?next=/desk/"' in answer.content.decode()


def test_a_form_of_an_older_page_says_so(at_desk: AtDesk) -> None:
    browser = at_desk("CASHIER")
    browser.handler.enforce_csrf_checks = True
    answer = browser.post("/desk/till/", {"amount": "1"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()
    assert 'href="/desk/login/?next=/desk/"' in answer.content.decode()
