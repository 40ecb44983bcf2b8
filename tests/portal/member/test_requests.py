"""A member's request on her page, and on the desk's."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.test import Client

from kernel import clock
from membership.cards.models import CardType
from membership.requests.models import MemberRequest
from tests.membership.conftest import Holder
from tests.portal.people.conftest import at_desk, owner_at_desk

__all__ = ["at_desk", "owner_at_desk"]

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_refund_is_asked_for_settled_at_the_desk_and_read_again(
    in_chain: InChain, holder: Holder, log_in: LogIn, owner_at_desk: Client
) -> None:
    member = log_in(holder)
    asked = member.post(
        "/card/requests/", {"kind": "REFUND", "card": holder.number, "said": "<b>搬家</b>了"}, follow=True
    )
    assert "申请已交给门店" in _text(asked)
    assert "&lt;b&gt;搬家&lt;/b&gt;了" in _text(asked)
    with in_chain():
        key = MemberRequest.objects.get().pk
    listed = owner_at_desk.get("/desk/requests/")
    assert [row["card_number"] for row in listed.context["requests"]] == [holder.number]
    page = owner_at_desk.get(f"/desk/requests/{key}/")
    # ¥100.00 was paid just now, and nothing used.
    assert (page.context["quotes"]["seven_days_fen"], page.context["quotes"]["her_cause_fen"]) == (10_000, 10_000)
    assert owner_at_desk.post(f"/desk/requests/{key}/settle/", {"reference": ""}).status_code == 400
    done = owner_at_desk.post(f"/desk/requests/{key}/settle/", {"reference": "TK0001", "answer": "现金退还"})
    assert done["Location"] == "/desk/requests/"
    assert owner_at_desk.get("/desk/requests/").context["requests"] == []
    after = _text(member.get("/card/requests/"))
    assert "TK0001" in after
    assert "现金退还" in after


def test_a_transfer_is_carried_out_on_the_requests_page(
    in_chain: InChain, holder: Holder, log_in: LogIn, issue: Callable[..., Holder], owner_at_desk: Client
) -> None:
    other = issue("江河", "13700005678")
    with in_chain():
        CardType.objects.update(cards_per_id=None)
    member = log_in(holder)
    given = {"kind": "TRANSFER", "card": holder.number, "to_name": "江河", "to_phone": "13700005678"}
    assert member.post("/card/requests/", given | {"to_name": ""}).status_code == 400
    member.post("/card/requests/", given)
    with in_chain():
        key = MemberRequest.objects.get().pk
    form = {"to_code": other.member.code, "new_number": "8800000005", "id_shown": "HOLDER"}
    # At the counter too, what she asked for is what is answered.
    assert owner_at_desk.get(f"/desk/cards/{holder.number}/transfer/")["Location"] == f"/desk/requests/{key}/"
    wrong = owner_at_desk.post(f"/desk/requests/{key}/transfer/", form | {"to_code": "M999999"})
    assert wrong.status_code == 404
    done = owner_at_desk.post(f"/desk/requests/{key}/transfer/", form)
    assert done.status_code == 200
    assert len(done.context["pin"]) == 6
    assert owner_at_desk.post(f"/desk/requests/{key}/transfer/", form).status_code == 409
    assert member.get("/card/")["Location"] == "/", "her only card is another's now"


def test_only_who_may_do_it_sees_it(in_chain: InChain, holder: Holder, log_in: LogIn, at_desk: Any) -> None:
    log_in(holder).post("/card/requests/", {"kind": "REFUND", "card": holder.number})
    with in_chain():
        key = MemberRequest.objects.get().pk
    cashier = at_desk("CASHIER")
    for path in ("/desk/requests/", f"/desk/requests/{key}/"):
        assert cashier.get(path).status_code == 403
    assert cashier.post(f"/desk/requests/{key}/settle/", {"reference": "x"}).status_code == 403


def test_another_members_request_does_not_exist_for_her(
    in_chain: InChain, holder: Holder, issue: Callable[..., Holder], log_in: LogIn
) -> None:
    other = issue("江河", "13700005678")
    log_in(holder).post("/card/requests/", {"kind": "REFUND", "card": holder.number})
    with in_chain():
        key = MemberRequest.objects.get().pk
    stranger = log_in(other)
    assert stranger.get("/card/requests/").context["requests"] == []
    for wrong in (key, 10**12, "x", "9" * 30):
        assert stranger.post("/card/requests/take-back/", {"key": wrong}).status_code == 404
    assert stranger.post("/card/requests/", {"kind": "REFUND", "card": holder.number}).status_code == 400
    with in_chain():
        assert MemberRequest.objects.get().state == "OPEN"


def test_what_was_dealt_with_meanwhile_is_not_taken_back(in_chain: InChain, holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    member.post("/card/requests/", {"kind": "REFUND", "card": holder.number})
    with in_chain():
        MemberRequest.objects.update(state="DONE", decided_at=clock.now())
        key = MemberRequest.objects.get().pk
    page = member.post("/card/requests/take-back/", {"key": key}, follow=True).content.decode()
    assert ("不能再办理" in page, "申请已撤回。" in page) == (True, False)
