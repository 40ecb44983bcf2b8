"""The desk's door: log-in, second factor, log-out, the owner's ticket."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from kernel import clock
from kernel.db import in_public
from kernel.mail.models import OutgoingMail
from kernel.slots import Busy, Slots
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.models import User
from tenants.people.services import issue_ticket
from tests.portal.people.conftest import PASSWORD

InChain = Callable[..., AbstractContextManager[None]]
ClientOf = Callable[..., Client]


@pytest.fixture
def lin(in_chain: InChain) -> User:
    with in_chain():
        person = User(username="lin", email="lin@example.cn", name="林晓雨")
        person.set_password(PASSWORD)
        person.save()
        return person


def test_staff_log_in_by_name_or_address(chain: Chain, client_of: ClientOf, lin: User, in_chain: InChain) -> None:
    for login in ("lin", "LIN@example.cn"):
        browser = client_of(chain)
        answer = browser.post("/desk/login/", {"login": login, "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/desk/")
        assert browser.get("/desk/").status_code == 200
    with in_chain():
        trail = AuditEntry.objects.filter(act="account.login").values_list("actor", "actor_name")
        assert list(trail) == [(f"staff:{lin.pk}", "林晓雨")] * 2


def test_the_page_asked_for_comes_after_log_in(chain: Chain, client_of: ClientOf, lin: User) -> None:
    browser = client_of(chain)
    sent = browser.get("/desk/audit/")
    assert sent["Location"] == "/desk/login/?next=%2Fdesk%2Faudit%2F"
    answer = browser.post("/desk/login/", {"login": "lin", "password": PASSWORD, "next": "/desk/"})
    assert answer["Location"] == "/desk/"
    elsewhere = client_of(chain).post(
        "/desk/login/", {"login": "lin", "password": PASSWORD, "next": "https://example.com/"}
    )
    assert elsewhere["Location"] == "/desk/"


def test_a_wrong_password_lets_nobody_in(chain: Chain, client_of: ClientOf, lin: User) -> None:
    browser = client_of(chain)
    answer = browser.post("/desk/login/", {"login": "lin", "password": "wrong"})
    assert answer.status_code == 200
    assert "不正确" in answer.content.decode()
    assert browser.get("/desk/").status_code == 302


def test_guessing_is_slowed_down(chain: Chain, client_of: ClientOf, lin: User) -> None:
    browser = client_of(chain)
    for _ in range(5):
        browser.post("/desk/login/", {"login": "lin", "password": "wrong"})
    answer = browser.post("/desk/login/", {"login": "lin", "password": PASSWORD})
    assert answer.status_code in {200, 429}
    assert browser.get("/desk/").status_code == 302


def test_when_too_many_come_at_once_they_are_asked_to_come_back_and_nothing_is_counted(
    chain: Chain, client_of: ClientOf, lin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise Busy

    browser = client_of(chain)
    with monkeypatch.context() as crowded:
        crowded.setattr(Slots, "run", busy)
        for login in ("lin", "nobody") * 6:
            answer = browser.post("/desk/login/", {"login": login, "password": PASSWORD})
            assert (answer.status_code, answer["Retry-After"]) == (503, "3")
            assert "请稍等几秒再试" in answer.content.decode()
    assert browser.get("/desk/").status_code == 302
    assert browser.post("/desk/login/", {"login": "lin", "password": PASSWORD})["Location"] == "/desk/"


def test_behind_our_proxy_one_callers_guesses_are_not_anothers(
    chain: Chain, client_of: ClientOf, lin: User, settings: Any
) -> None:
    settings.BEHIND_PROXY = True
    guesser, cashier = "198.51.100.1", "203.0.113.9"
    for number in range(11):
        form = {"login": f"nobody{number}", "password": "wrong"}
        answer = client_of(chain).post("/desk/login/", form, headers={"x-forwarded-for": guesser})
    assert "过多" in answer.content.decode() or answer.status_code == 429
    browser, form = client_of(chain), {"login": "lin", "password": PASSWORD}
    assert browser.post("/desk/login/", form, headers={"x-forwarded-for": cashier})["Location"] == "/desk/"


def test_an_account_of_one_chain_is_none_in_another(
    chain: Chain, other_chain: Chain, client_of: ClientOf, lin: User
) -> None:
    browser = client_of(other_chain)
    assert browser.post("/desk/login/", {"login": "lin", "password": PASSWORD}).status_code == 200
    here = client_of(chain)
    here.post("/desk/login/", {"login": "lin", "password": PASSWORD})
    browser.cookies = here.cookies
    assert browser.get("/desk/")["Location"].startswith("/desk/login/")


def test_a_second_factor_is_asked_of_who_has_set_one(
    chain: Chain, client_of: ClientOf, lin: User, in_chain: InChain
) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    with in_chain():
        TOTP.activate(lin, secret)
        assert Authenticator.objects.count() == 1
    browser = client_of(chain)
    answer = browser.post("/desk/login/", {"login": "lin", "password": PASSWORD})
    assert answer["Location"] == "/desk/accounts/2fa/authenticate/"
    assert browser.get("/desk/").status_code == 302
    assert browser.post(answer["Location"], {"code": "000000"}).status_code == 200
    assert browser.get("/desk/").status_code == 302
    counter = next(iter(yield_hotp_counters_from_time()))
    answer = browser.post("/desk/accounts/2fa/authenticate/", {"code": format_hotp_value(hotp_value(secret, counter))})
    assert answer["Location"] == "/desk/"
    assert browser.get("/desk/").status_code == 200


def test_a_closed_account_stays_outside_and_its_session_ends(
    chain: Chain, client_of: ClientOf, lin: User, in_chain: InChain
) -> None:
    inside = client_of(chain)
    inside.post("/desk/login/", {"login": "lin", "password": PASSWORD})
    with in_chain():
        User.objects.filter(pk=lin.pk).update(is_active=False)
    assert inside.get("/desk/").status_code == 302
    browser = client_of(chain)
    browser.post("/desk/login/", {"login": "lin", "password": PASSWORD})
    assert browser.get("/desk/").status_code == 302


def test_log_out(owner_at_desk: Client) -> None:
    assert owner_at_desk.get("/desk/logout/").status_code == 405
    assert owner_at_desk.get("/desk/").status_code == 200
    assert owner_at_desk.post("/desk/logout/")["Location"] == "/desk/login/"
    assert owner_at_desk.get("/desk/").status_code == 302


def test_nobody_signs_up_at_a_chain(chain: Chain, client_of: ClientOf, in_chain: InChain) -> None:
    answer = client_of(chain).post(
        "/desk/accounts/signup/",
        {"name": "路人", "email": "x@example.cn", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.status_code == 200
    with in_chain():
        assert not User.objects.filter(email="x@example.cn").exists()


def test_allauths_own_log_in_page_gives_way(chain: Chain, client_of: ClientOf) -> None:
    answer = client_of(chain).get("/desk/accounts/login/?next=/desk/cards/")
    assert answer["Location"] == "/desk/login/?next=/desk/cards/"


def test_account_pages_send_to_the_desks_door(chain: Chain, client_of: ClientOf) -> None:
    answer = client_of(chain).get("/desk/accounts/password/change/")
    assert answer["Location"] == "/desk/login/?next=/desk/accounts/password/change/"


def test_a_password_is_changed(chain: Chain, client_of: ClientOf, lin: User, in_chain: InChain) -> None:
    browser = client_of(chain)
    browser.post("/desk/login/", {"login": "lin", "password": PASSWORD})
    fields = {"oldpassword": PASSWORD, "password1": "lv-shui-2027", "password2": "lv-shui-2027"}
    assert browser.get("/desk/accounts/password/change/").status_code == 200
    assert browser.post("/desk/accounts/password/change/", fields).status_code == 302
    with in_chain():
        lin.refresh_from_db()
        assert lin.check_password("lv-shui-2027")


def test_the_owner_enters_by_ticket(chain: Chain, client_of: ClientOf, in_chain: InChain) -> None:
    ticket = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    browser = client_of(chain)
    answer = browser.get("/desk/enter/", {"ticket": ticket})
    assert answer["Location"] == "/desk/"
    assert "no-store" in answer["Cache-Control"]
    assert browser.get("/desk/staff/").status_code == 200
    with in_chain():
        staff = User.objects.get(owner_id=chain.owner_id)
        assert AuditEntry.objects.get(act="desk.enter").actor == f"staff:{staff.pk}"


def test_a_spent_or_late_ticket_opens_nothing(chain: Chain, client_of: ClientOf, held_clock: datetime) -> None:
    ticket = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    client_of(chain).get("/desk/enter/", {"ticket": ticket})
    late = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    with clock.frozen(held_clock + timedelta(minutes=2)):
        for bad in (ticket, late, "", "rubbish"):
            browser = client_of(chain)
            answer = browser.get("/desk/enter/", {"ticket": bad})
            assert answer.status_code == 403
            assert "ticket_refused" in answer.content.decode()
            assert browser.get("/desk/").status_code == 302


def test_from_the_console_to_the_desk(chain: Chain, client_of: ClientOf) -> None:
    console = client_of(None)
    with in_public():
        console.force_login(chain.owner)
    answer = console.post(f"/console/chains/{chain.slug}/desk/")
    assert answer.status_code == 303
    target = urlsplit(answer["Location"])
    assert (target.hostname, target.path) == (f"{chain.slug}.localhost", "/desk/enter/")
    desk = client_of(chain)
    assert desk.get(f"{target.path}?{target.query}")["Location"] == "/desk/"
    assert client_of(chain).get(f"{target.path}?{target.query}").status_code == 403


def test_a_forgotten_password_is_set_anew_by_mail(
    chain: Chain, client_of: ClientOf, lin: User, in_chain: InChain, settings: Any
) -> None:
    # pytest-django puts a mail backend of its own in place.
    settings.EMAIL_BACKEND = "kernel.mail.backend.OutboxBackend"
    browser = client_of(chain)
    asked = browser.post("/desk/accounts/password/reset/", {"email": "lin@example.cn"})
    assert asked.status_code == 302
    with in_chain():
        mail = OutgoingMail.objects.get()
    assert mail.recipients == ["lin@example.cn"]
    # On one's own machine the mail is read at the chain's own host: it is in the chain's schema.
    assert f"/dev/mail/{mail.pk}/" in browser.get("/dev/mail/").content.decode()
    link = re.search(r"http://\S+(/desk/accounts/password/reset/key/\S+)", mail.body)
    assert link is not None
    form = browser.get(link.group(1))
    fields = {"password1": "lv-shui-2027", "password2": "lv-shui-2027"}
    assert browser.post(form["Location"], fields).status_code == 302
    answer = browser.post("/desk/login/", {"login": "lin", "password": "lv-shui-2027"})
    assert answer["Location"] == "/desk/"
    assert client_of(chain).get(link.group(1)).status_code == 200, "the link is spent: it leads to no form"
    with in_chain():
        lin.refresh_from_db()
        assert lin.check_password("lv-shui-2027")


def test_the_pages_of_second_factors_are_drawn(chain: Chain, client_of: ClientOf, lin: User, in_chain: InChain) -> None:
    browser = client_of(chain)
    browser.post("/desk/login/", {"login": "lin", "password": PASSWORD})
    assert browser.get("/desk/accounts/2fa/").status_code == 200
    again = browser.get("/desk/accounts/2fa/totp/activate/")["Location"]
    assert browser.post(again, {"password": PASSWORD})["Location"] == "/desk/accounts/2fa/totp/activate/"
    for page in ("", "totp/activate/", "webauthn/", "webauthn/add/", "recovery-codes/generate/"):
        assert browser.get(f"/desk/accounts/2fa/{page}").status_code == 200, page
    with in_chain():
        # As a key stands there once it was added: the page tells its age.
        Authenticator.objects.create(user=lin, type="webauthn", data={"name": "办公室", "credential": {}})
    assert "办公室" in browser.get("/desk/accounts/2fa/webauthn/").content.decode()
