"""Passkeys of members: made under the PIN, used at the door, gone with the PIN; and what is no answer opens nothing."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from membership.cards.models import Card
from membership.cards.services import report_lost
from membership.devices.member_hooks import forget_sessions, told_sessions
from membership.devices.models import CardSession, Passkey
from membership.devices.services import passkeys
from portal.member import challenges, door
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder
from tests.portal.member.authenticator import PRESENT, Authenticator
from tests.portal.member.conftest import CHOSEN_PIN

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
Make = Callable[..., Authenticator]
HOST = "yunshan.localhost"
ORIGIN = f"http://{HOST}"


def _asked(browser: Client) -> dict[str, Any]:
    """The options that a page holds once the PIN was proved."""
    page = browser.post("/card/passkeys/", {"pin": CHOSEN_PIN})
    options: dict[str, Any] = json.loads(page.context["options"])
    return options


@pytest.fixture
def make(holder: Holder) -> Make:
    """``make(browser)``: an authenticator that now has a passkey of whoever is logged in there."""

    def act(browser: Client, **differing: Any) -> Authenticator:
        made = Authenticator(**({"origin": ORIGIN} | differing))
        browser.post("/card/passkeys/add/", {"answer": made.make(_asked(browser))})
        return made

    return act


@pytest.fixture
def stranger(chain: Chain, client_of: Callable[..., Client]) -> Callable[[], Client]:
    """A browser in which nobody is logged in."""
    return lambda: client_of(chain)


def _enter(browser: Client, made: Authenticator, **differing: Any) -> Any:
    options = browser.post("/passkey/options/").json()
    return browser.post("/passkey/", {"answer": made.use(options, **differing)})


def _is_in(answer: Any) -> bool:
    assert answer.status_code in (302, 403)
    return bool(answer.get("Location") == "/card/")


def test_a_passkey_is_made_used_and_forgotten(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client], in_chain: InChain
) -> None:
    here = log_in(holder)
    made = make(here)
    page = here.get("/card/passkeys/")
    assert [row["card_number"] for row in page.context["passkeys"]] == [holder.number]
    there = stranger()
    assert _is_in(_enter(there, made))
    assert holder.member.name in there.get("/card/").content.decode()
    assert _is_in(_enter(stranger(), made)), "once more, with the next count"
    with in_chain():
        assert CardSession.objects.latest("pk").way == "PASSKEY"
        passkey = Passkey.objects.get()
        assert passkey.sign_count == made.counter == 2
    here.post("/card/passkeys/remove/", {"passkey": passkey.pk})
    assert not _is_in(_enter(stranger(), made))
    assert there.get("/card/").status_code == 200, "what it opened stays until it is ended"
    with in_chain():
        trail = AuditEntry.objects.filter(act__startswith="passkey.").order_by("pk")
        assert list(trail.values_list("act", "actor", "object_id")) == [
            ("passkey.add", f"member:{holder.member.pk}", holder.number),
            ("passkey.remove", f"member:{holder.member.pk}", holder.number),
        ]


def test_it_asks_for_what_keeps_a_passkey_hers(holder: Holder, log_in: LogIn, stranger: Callable[[], Client]) -> None:
    options = _asked(log_in(holder))
    assert options["rp"]["id"] == HOST
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert holder.member.name not in json.dumps(options, ensure_ascii=False)
    asked = stranger().post("/passkey/options/").json()
    assert (asked["rpId"], asked["userVerification"]) == (HOST, "required")
    assert "allowCredentials" not in asked, "nobody learns here who has one"


def test_the_pin_is_asked_again_before_one_is_made(holder: Holder, log_in: LogIn, in_chain: InChain) -> None:
    here = log_in(holder)
    assert here.get("/card/passkeys/").context["options"] == ""
    wrong = here.post("/card/passkeys/", {"pin": "918273"})
    assert (wrong.status_code, wrong.context["options"]) == (403, "")
    nobodys = {"user": {"id": "AAAA"}, "rp": {"id": HOST}, "challenge": "AA"}
    here.post("/card/passkeys/add/", {"answer": Authenticator(ORIGIN).make(nobodys)})
    with in_chain():
        assert not Passkey.objects.exists()


@pytest.mark.parametrize("end", ["pin", "withdrawn"])
def test_it_ends_with_the_pin_it_was_made_under(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client], in_chain: InChain, clerk: Actor,
    store_id: int, end: str,
) -> None:  # fmt: skip
    here = log_in(holder)
    made = make(here)
    if end == "withdrawn":
        with in_chain():
            Card.objects.filter(pk=holder.card.pk).update(status="WITHDRAWN")
    else:
        here.post("/card/pin/", {"current_pin": CHOSEN_PIN, "new_pin": "582946", "new_pin_again": "582946"})
    assert not _is_in(_enter(stranger(), made))
    if end == "pin":
        assert here.get("/card/passkeys/").context["passkeys"] == []


def test_a_lost_card_shows_its_holder_what_she_owns(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client], in_chain: InChain, clerk: Actor,
    store_id: int,
) -> None:  # fmt: skip
    made = make(log_in(holder))
    with in_chain():
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    assert _is_in(_enter(stranger(), made))


def test_an_answer_opens_once(holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client]) -> None:
    made = make(log_in(holder), counts=False)
    browser = stranger()
    answer = made.use(browser.post("/passkey/options/").json())
    assert _is_in(browser.post("/passkey/", {"answer": answer}))
    assert not _is_in(browser.post("/passkey/", {"answer": answer})), "the challenge waits no more"
    assert _is_in(_enter(stranger(), made)), "one that never counts is good for another challenge"


def test_an_answer_sent_twice_at_once_opens_once(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both requests read the session before either wrote it."""
    made = make(log_in(holder), counts=False)
    browser = stranger()
    answer = made.use(browser.post("/passkey/options/").json())
    kept: list[Any] = []

    def taken(request: Any, purpose: str) -> Any:
        kept.append(challenges.take_challenge(request, purpose))
        return kept[0]

    monkeypatch.setattr("portal.member.passkey_views.take_challenge", taken)
    assert [_is_in(browser.post("/passkey/", {"answer": answer})) for _ in range(2)] == [True, False]


def test_a_challenge_is_good_for_minutes_and_for_its_own_browser(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(log_in(holder))
    browser, another = stranger(), stranger()
    answer = made.use(browser.post("/passkey/options/").json())
    another.post("/passkey/options/")
    assert not _is_in(another.post("/passkey/", {"answer": answer}))
    assert not _is_in(stranger().post("/passkey/", {"answer": answer}))
    monkeypatch.setattr(challenges, "CHALLENGE_LASTS_S", -1)
    assert not _is_in(browser.post("/passkey/", {"answer": answer}))


def test_a_copy_is_refused_and_the_trail_says_so(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client], in_chain: InChain
) -> None:
    made = make(log_in(holder))
    assert _is_in(_enter(stranger(), made))
    made.counter -= 1
    assert not _is_in(_enter(stranger(), made))
    with in_chain():
        assert AuditEntry.objects.get(act="passkey.copied").object_id == holder.number
    assert _is_in(_enter(stranger(), made)), "the one that counts on is not stopped"


@pytest.mark.parametrize(
    "differing",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://other.localhost"},
        {"origin": f"https://{HOST}"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
)
def test_made_elsewhere_or_by_nobody_it_is_not_kept_and_not_believed(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client], in_chain: InChain,
    differing: dict[str, Any],
) -> None:  # fmt: skip
    here = log_in(holder)
    make(here, **differing)
    with in_chain():
        assert not Passkey.objects.exists()
    made = make(here)
    for name, value in differing.items():
        setattr(made, name, value)
    assert not _is_in(_enter(stranger(), made))


def test_what_was_signed_by_another_or_says_it_is_another_opens_nothing(
    holder: Holder, log_in: LogIn, make: Make, stranger: Callable[[], Client]
) -> None:
    made = make(log_in(holder))
    other = Authenticator(ORIGIN, credential_id=made.credential_id, handle=made.handle)
    assert not _is_in(_enter(stranger(), other)), "another key under her credential's name"
    assert not _is_in(_enter(stranger(), made, userHandle=b"another"))
    assert not _is_in(_enter(stranger(), Authenticator(ORIGIN, handle=made.handle)))


def test_another_member_neither_sees_nor_removes_it(
    holder: Holder, log_in: LogIn, make: Make, issue: Callable[..., Holder], in_chain: InChain
) -> None:
    make(log_in(holder))
    theirs = log_in(issue("江河", "13700005678"))
    with in_chain():
        key = Passkey.objects.get().pk
    for tried in (key, "x", "9" * 40):
        theirs.post("/card/passkeys/remove/", {"passkey": tried})
    assert theirs.get("/card/passkeys/").context["passkeys"] == []
    with in_chain():
        assert Passkey.objects.filter(pk=key).exists()


def test_one_answer_is_one_passkey_and_a_card_has_so_many(
    holder: Holder, log_in: LogIn, make: Make, issue: Callable[..., Holder], in_chain: InChain
) -> None:
    here, there = log_in(holder), log_in(issue("江河", "13700005678"))
    made = Authenticator(ORIGIN)
    here.post("/card/passkeys/add/", {"answer": made.make(_asked(here))})
    there.post("/card/passkeys/add/", {"answer": made.make(_asked(there))})
    with in_chain():
        assert Passkey.objects.get().card_id == holder.card.pk
    options = _asked(here)
    assert len(options["excludeCredentials"]) == 1
    handles = {made.handle}
    for _number in range(passkeys.MOST):
        handles.add(make(here).handle)
    with in_chain():
        assert Passkey.objects.count() == passkeys.MOST
        assert len({bytes(one) for one in Passkey.objects.values_list("user_handle", flat=True)}) == 1
    assert "最多 5 个" in here.get("/card/passkeys/").content.decode()


def test_many_who_are_refused_wait_and_the_pin_stays_a_way_in(
    holder: Holder, log_in: LogIn, stranger: Callable[[], Client], chain: Chain, client_of: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    log_in(holder)
    monkeypatch.setattr(door, "REFUSED_AT_ONCE", 2)
    monkeypatch.setattr(door, "REFUSED_PER_SECOND", 0.0)
    browser = client_of(chain)
    assert [browser.post("/passkey/", {"answer": "{}"}).status_code for _ in range(3)] == [403, 403, 429]
    assert [browser.post("/passkey/options/").status_code for _ in range(3)] == [200, 200, 429]
    assert browser.post("/", {"card_number": holder.number, "pin": CHOSEN_PIN})["Location"] == "/card/"
    assert browser.get("/passkey/").status_code == browser.get("/passkey/options/").status_code == 405


def test_without_script_the_door_is_as_ever(stranger: Callable[[], Client]) -> None:
    page = stranger().get("/").content.decode()
    form = page[page.index("data-passkey=") :].partition(">")[0]
    assert form.endswith("hidden"), "shown by the script alone, where the browser has passkeys"


def test_a_forgotten_member_has_none(holder: Holder, log_in: LogIn, make: Make, in_chain: InChain) -> None:
    make(log_in(holder))
    with in_chain():
        assert [row["card"] for row in told_sessions(holder.member)["passkeys"]] == [holder.number]
        forget_sessions(holder.member)
        assert not Passkey.objects.exists()


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
SITE = passkeys.Site(HOST, ORIGIN, "x")


@given(data=st.data())
@settings(max_examples=150)
def test_whatever_is_sent_it_is_an_answer_or_it_is_none(data: st.DataObject) -> None:
    """Anything that is JSON, and true answers with a part of theirs spoilt: never an error, never believed."""
    made = Authenticator(ORIGIN)
    options = passkeys.request_options(site=SITE, challenge=b"c" * 32)
    creation = {"user": {"id": "AAAA"}, "rp": {"id": HOST}, "challenge": options["challenge"]}
    answer = json.loads(data.draw(st.sampled_from([made.use(options), made.make(creation)])))
    where = data.draw(st.sampled_from([answer, answer["response"]]))
    where[data.draw(st.sampled_from(sorted(where)))] = data.draw(JSONS | st.text("AQgw-_", max_size=60))
    for text in (json.dumps(answer), json.dumps(data.draw(JSONS)), data.draw(st.text(max_size=40))):
        passkeys._checked(lambda text=text: passkeys._registered(SITE, b"c" * 32, text))  # type: ignore[misc]
        passkeys._checked(lambda text=text: passkeys._said(text))  # type: ignore[misc]
