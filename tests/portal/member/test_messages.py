"""A member writes, the desk answers, she reads; and nobody reads another's."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kernel import clock
from membership.members.services import create_member
from membership.members.services.merge import merge_members
from membership.talks import services
from membership.talks.domain import AN_HOUR, LONGEST
from membership.talks.models import Message, Thread
from tenants.people.domain import Actor
from tests.membership.conftest import Holder
from tests.portal.people.conftest import at_desk, owner_at_desk

__all__ = ["at_desk", "owner_at_desk"]

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_question_is_answered_and_read(
    in_chain: InChain, holder: Holder, log_in: LogIn, owner_at_desk: Client
) -> None:
    member, code = log_in(holder), holder.member.code
    for _ in range(2):
        member.post("/card/messages/", {"text": "周日<script>alert(1)</script>\n几点开门？"})
    inbox = owner_at_desk.get("/desk/messages/")
    assert [(row["code"], row["unread"]) for row in inbox.context["threads"]] == [(code, 1)]
    assert "1 位会员等回复" in _text(owner_at_desk.get("/desk/"))
    page = _text(owner_at_desk.get(f"/desk/messages/{code}/"))
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert owner_at_desk.post(f"/desk/messages/{code}/", {"text": " "}).status_code == 400
    assert owner_at_desk.post(f"/desk/messages/{code}/", {"text": "九点"})["Location"] == f"/desk/messages/{code}/"
    assert owner_at_desk.get("/desk/messages/").context["threads"] == []
    assert "1 条未读" in _text(member.get("/card/services/"))
    assert "九点" in _text(member.get("/card/messages/"))
    assert "条未读" not in _text(member.get("/card/services/"))


def test_she_is_held_to_a_size_and_a_rate(in_chain: InChain, holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    assert member.post("/card/messages/", {"text": "长" * (LONGEST + 1)}).status_code == 400
    with in_chain():
        for number in range(AN_HOUR):
            services.write(member=holder.member, text=f"第 {number} 条")
    refused = member.post("/card/messages/", {"text": "再来一条"})
    assert (refused.status_code, "发送的消息太多" in _text(refused)) == (429, True)
    with in_chain():
        assert Message.objects.count() == AN_HOUR
    with clock.frozen(clock.now() + timedelta(hours=1)), in_chain():
        services.write(member=holder.member, text="过了一个小时")


def test_what_wants_no_answer_is_put_away(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> None:
    with in_chain():
        services.write(member=holder.member, text="谢谢")
        for _ in range(2):
            services.needs_no_answer(actor=clerk, member=holder.member, store_id=store_id)
        thread = Thread.objects.get()
        assert (thread.waiting_since, thread.desk_unread) == (None, 0)


def test_two_who_are_one_have_one_thread(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> None:
    with in_chain():
        twin = create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
        services.write(member=twin, text="旧的")
        services.write(member=holder.member, text="新的")
        merge_members(
            actor=clerk, source_code=twin.code, target_code=holder.member.code, store_id=store_id, reason="同一人"
        )
        thread = Thread.objects.get()
        assert (thread.member_id, thread.desk_unread, thread.messages.count()) == (holder.member.pk, 2, 2)


def test_another_members_thread_does_not_exist_for_her(
    holder: Holder, issue: Callable[..., Holder], log_in: LogIn, at_desk: Any
) -> None:
    other = issue("江河", "13700005678")
    log_in(other).post("/card/messages/", {"text": "只给门店看"})
    mine = log_in(holder)
    for path in ("/card/messages/", "/card/messages/?before=999999"):
        assert "只给门店看" not in _text(mine.get(path))
    assert at_desk("CASHIER").get(f"/desk/messages/{other.member.code}/").status_code == 403


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40])
def test_a_place_that_is_none_shows_the_first_page(holder: Holder, log_in: LogIn, before: str) -> None:
    assert log_in(holder).get(f"/card/messages/?before={before}").status_code == 200
