"""Sessions of a member: she sees them, ends them one by one or all at once, and a changed PIN ends them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client

from kernel import clock
from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.cards.pin_renewal import answer_asks
from membership.devices.models import CardSession
from membership.devices.queries import sessions_of_member
from portal.member import door
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tests.membership.conftest import Holder
from tests.portal.member.conftest import CHOSEN_PIN

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
Queries = Callable[[int], AbstractContextManager[None]]
PHONE = "Mozilla/5.0 (Linux; Android 14) Chrome/126 Mobile Safari/537.36"


@pytest.fixture
def second(chain: Chain, client_of: Callable[..., Client], holder: Holder) -> Callable[[], Client]:
    """Another browser of hers, on a telephone elsewhere; her PIN is the chosen one by then."""

    def enter() -> Client:
        browser = client_of(chain, HTTP_USER_AGENT=PHONE, REMOTE_ADDR="203.0.113.77")
        assert browser.post("/", {"card_number": holder.number, "pin": CHOSEN_PIN})["Location"] == "/card/"
        return browser

    return enter


def _rows(answer: object, name: str) -> list[tuple[str, str, bool]]:
    rows = answer.context[name]  # type: ignore[attr-defined]
    return [(row["device"], row["place"], row["is_current"]) for row in rows]


def test_she_sees_from_where_she_is_in(holder: Holder, log_in: LogIn, second: Callable[[], Client]) -> None:
    here = log_in(holder)
    second()
    page = here.get("/card/sessions/")
    assert _rows(page, "open") == [("Chrome · Android", "203.0.113.*", False), ("未知设备", "127.0.0.*", True)]
    # The one under the first PIN ended with it.
    assert [row["ended_label"] for row in page.context["past"]] == ["已退出"]
    assert "203.0.113.77" not in page.content.decode()


def test_one_is_ended_and_the_trail_says_so(
    holder: Holder, log_in: LogIn, second: Callable[[], Client], in_chain: InChain
) -> None:
    here = log_in(holder)
    there, further = second(), second()
    with in_chain():
        key = CardSession.objects.order_by("pk").filter(place="203.0.113.*")[0].pk
    answer = here.post("/card/sessions/end/", {"session": key}, follow=True)
    assert "该登录已结束" in answer.content.decode()
    assert there.get("/card/")["Location"] == "/"
    assert further.get("/card/").status_code == here.get("/card/").status_code == 200
    with in_chain():
        entry = AuditEntry.objects.get(act="session.end")
        assert (entry.actor, entry.object_id) == (f"member:{holder.member.pk}", str(key))
    assert "先前已经结束" in here.post("/card/sessions/end/", {"session": key}, follow=True).content.decode()


def test_whose_session_is_over_is_told_so_once(
    holder: Holder, log_in: LogIn, second: Callable[[], Client], client_of: Callable[..., Client], chain: Chain
) -> None:
    here, looking, writing = log_in(holder), second(), second()
    here.post("/card/sessions/end/")
    assert "登录已结束：超过 15 分钟没有使用" in looking.get("/card/records/", follow=True).content.decode()
    sent = writing.post("/card/messages/", {"text": "在吗"}, follow=True).content.decode()
    assert "刚才提交的内容没有办理" in sent
    for browser in (looking, writing, client_of(chain)):
        assert "登录已结束" not in browser.get("/card/", follow=True).content.decode()


def test_all_others_are_ended_at_once(holder: Holder, log_in: LogIn, second: Callable[[], Client]) -> None:
    here, there, further = log_in(holder), second(), second()
    here.post("/card/sessions/end/")
    assert there.get("/card/")["Location"] == further.get("/card/")["Location"] == "/"
    assert here.get("/card/").status_code == 200


def test_another_members_sessions_do_not_exist_for_her(
    holder: Holder, log_in: LogIn, issue: Callable[..., Holder], in_chain: InChain
) -> None:
    other = issue("江河", "13700005678")
    here, theirs = log_in(holder), log_in(other)
    with in_chain():
        keys = list(CardSession.objects.filter(card=other.card).values_list("pk", flat=True))
    for key in [*keys, 10**12, "x", "9" * 40]:
        here.post("/card/sessions/end/", {"session": key})
    here.post("/card/sessions/end/")
    assert theirs.get("/card/").status_code == 200
    with in_chain():
        assert {session.card_id for session in sessions_of_member(holder.member.pk)} == {holder.card.pk}


def test_a_changed_pin_ends_them_and_the_page_says_why(
    holder: Holder, log_in: LogIn, second: Callable[[], Client]
) -> None:
    here, there = log_in(holder), second()
    here.post("/card/pin/", {"current_pin": CHOSEN_PIN, "new_pin": "582946", "new_pin_again": "582946"})
    assert there.get("/card/sessions/")["Location"] == "/"
    past = here.get("/card/sessions/").context["past"]
    assert {row["ended_label"] for row in past} == {"已退出", "密码更改后失效"}


def test_leaving_ends_the_row_and_old_ones_are_forgotten(
    holder: Holder, log_in: LogIn, second: Callable[[], Client], in_chain: InChain
) -> None:
    log_in(holder).post("/logout/")
    with in_chain():
        assert not CardSession.objects.filter(ended_at=None).exists()
        CardSession.objects.update(opened_at=clock.now() - timedelta(days=31))
    second()
    with in_chain():
        assert CardSession.objects.filter(opened_at__lt=clock.now() - timedelta(days=30)).count() == 0


def test_however_many_they_are_they_cost_the_same(
    holder: Holder, log_in: LogIn, second: Callable[[], Client], queries: Queries
) -> None:
    here = log_in(holder)
    here.get("/card/sessions/")
    with queries(4):
        here.get("/card/sessions/")
    second(), second()
    with queries(4):
        here.get("/card/sessions/")


def test_what_she_may_do_is_on_one_page(holder: Holder, log_in: LogIn) -> None:
    page = log_in(holder).get("/card/services/").content.decode()
    assert 'href="/card/sessions/"' in page
    assert 'href="/card/pin/"' in page


def test_a_right_code_makes_good_for_an_address_that_was_refused(
    chain: Chain, client_of: Callable[..., Client], holder: Holder, in_chain: InChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop of an address is cleared by a code to the telephone of a member."""
    monkeypatch.setattr(door, "REFUSED_AT_ONCE", 2)
    monkeypatch.setattr(door, "REFUSED_PER_SECOND", 0.0)
    browser = client_of(chain)
    guess = {"card_number": holder.number, "pin": f"{(int(holder.pin) + 1) % 10**6:06d}"}
    assert [browser.post("/", guess).status_code for _ in range(3)] == [403, 403, 429]
    browser.post("/pin/", {"card_number": holder.number, "phone": "13900001234"})
    answer_asks(chain.schema_name)
    with in_chain():
        code = read(OutgoingText.objects.get())["text"].split("，")[0].split()[1]
    chosen = {"code": code, "new_pin": CHOSEN_PIN, "new_pin_again": CHOSEN_PIN}
    assert browser.post("/pin/code/", chosen)["Location"] == "/card/"
    with in_chain():
        assert CardSession.objects.get().way == "CODE"
    browser.post("/logout/")
    assert browser.post("/", guess).status_code == 403, "looked at again"
