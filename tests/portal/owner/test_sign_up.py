"""From a stranger to an owner: sign-up, the mail that verifies, log-in."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from kernel.db import in_public
from kernel.mail.models import OutgoingMail
from tenants.people.domain import UserKind
from tenants.people.models import User
from tenants.people.services import create_owner, create_platform_user

PASSWORD = "qing-shan-2026"
FIELDS = {"name": "沈知远", "email": "shen@example.cn", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _outbox(settings: Any) -> None:
    """pytest-django puts a mail backend of its own in place."""
    settings.EMAIL_BACKEND = "kernel.mail.backend.OutboxBackend"


@pytest.fixture
def visitor(client_of: Callable[..., Client], database: None) -> Client:
    return client_of(None)


def test_an_owner_signs_up_verifies_and_is_in(visitor: Client) -> None:
    assert visitor.get("/accounts/signup/").status_code == 200
    answer = visitor.post("/accounts/signup/", FIELDS)
    assert answer["Location"] == "/accounts/confirm-email/"
    assert visitor.get("/console/").status_code == 302
    with in_public():
        owner = User.objects.get()
        mail = OutgoingMail.objects.get()
    assert (owner.name, owner.kind, owner.email) == ("沈知远", UserKind.OWNER, "shen@example.cn")
    assert mail.recipients == ["shen@example.cn"]
    assert mail.subject.startswith("[卡云] ")
    link = re.search(r"http://localhost(/accounts/confirm-email/\S+/)", mail.body)
    assert link is not None
    assert visitor.get(link.group(1)).status_code == 200
    with in_public():
        assert not EmailAddress.objects.get().verified, (
            "opening the link is not yet confirming: mail scanners open links"
        )
    assert visitor.post(link.group(1)).status_code == 302
    with in_public():
        assert EmailAddress.objects.get().verified
    assert "这个确认链接已经用过" in visitor.get(link.group(1)).content.decode()
    answer = visitor.post("/accounts/login/", {"login": "shen@example.cn", "password": PASSWORD})
    assert visitor.get("/console/").status_code == 200


def test_before_verifying_nobody_is_let_in(visitor: Client, client_of: Callable[..., Client]) -> None:
    visitor.post("/accounts/signup/", FIELDS)
    other = client_of(None)
    answer = other.post("/accounts/login/", {"login": "shen@example.cn", "password": PASSWORD})
    assert answer["Location"] == "/accounts/confirm-email/"
    assert other.get("/console/").status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"email": "not-an-address"},
        {"password1": "12345678", "password2": "12345678"},
        {"password2": "something-else"},
        {"password1": "short", "password2": "short"},
    ],
)
def test_a_bad_sign_up_makes_no_account(visitor: Client, wrong: dict[str, str]) -> None:
    assert visitor.post("/accounts/signup/", {**FIELDS, **wrong}).status_code == 200
    with in_public():
        assert User.objects.count() == 0
        assert OutgoingMail.objects.count() == 0


def test_signing_up_again_tells_only_the_owner_of_the_address(visitor: Client) -> None:
    """The page is the same as for a new address: nobody learns who is a customer."""
    with in_public():
        create_owner(email="shen@example.cn", name="沈知远", password=PASSWORD)
    answer = visitor.post("/accounts/signup/", {**FIELDS, "name": "冒名", "email": "SHEN@example.cn"})
    assert answer["Location"] == "/accounts/confirm-email/"
    with in_public():
        assert User.objects.get().name == "沈知远"
        assert OutgoingMail.objects.count() == 1


def test_who_goes_where_after_log_in(client_of: Callable[..., Client], database: None) -> None:
    with in_public():
        create_owner(email="owner@example.cn", name="沈知远", password=PASSWORD)
        create_platform_user(email="ops@example.cn", name="运维", password=PASSWORD)
    for login, onward in (("owner@example.cn", "/console/"), ("ops@example.cn", "/platform/")):
        browser = client_of(None)
        answer = browser.post("/accounts/login/", {"login": login, "password": PASSWORD})
        assert answer["Location"] == onward
        # Whoever works for the platform sets up a second factor first.
        after = browser.get(onward)
        assert (after.status_code, after.get("Location")) == (
            (200, None) if "owner" in login else (302, "/accounts/2fa/")
        )


def test_a_platform_account_has_no_console(visitor: Client) -> None:
    with in_public():
        visitor.force_login(create_platform_user(email="ops@example.cn", name="运维", password=PASSWORD))
    answer = visitor.get("/console/")
    assert answer.status_code == 403
    assert "not_allowed" in answer.content.decode()


def test_a_forgotten_password(visitor: Client) -> None:
    with in_public():
        create_owner(email="shen@example.cn", name="沈知远", password=PASSWORD)
    visitor.post("/accounts/password/reset/", {"email": "shen@example.cn"})
    with in_public():
        link = re.search(r"http://localhost(/accounts/password/reset/key/\S+/)", OutgoingMail.objects.get().body)
    assert link is not None
    form = visitor.get(link.group(1), follow=True)
    there = form.redirect_chain[-1][0]
    visitor.post(there, {"password1": "lv-shui-2027", "password2": "lv-shui-2027"})
    with in_public():
        assert User.objects.get().check_password("lv-shui-2027")


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/2fa/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/totp/activate/",
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_account_pages_are_drawn_in_both_languages(visitor: Client, path: str, language: str) -> None:
    with in_public():
        create_owner(email="shen@example.cn", name="沈知远", password=PASSWORD)
    if "login" not in path and "signup" not in path and "reset" not in path:
        visitor.post("/accounts/login/", {"login": "shen@example.cn", "password": PASSWORD})
        # A change of factors asks for the password once more.
        visitor.post("/accounts/reauthenticate/", {"password": PASSWORD})
    visitor.cookies["django_language"] = language
    assert visitor.get(path).status_code == 200


def test_mails_are_read_on_ones_own_machine(visitor: Client, settings: Any) -> None:
    visitor.post("/accounts/signup/", FIELDS)
    with in_public():
        mail = OutgoingMail.objects.get()
    listed = visitor.get("/dev/mail/").content.decode()
    assert f"/dev/mail/{mail.pk}/" in listed
    assert "confirm-email" in visitor.get(f"/dev/mail/{mail.pk}/").content.decode()
    assert visitor.get("/dev/mail/0/").status_code == 404
    settings.MODE = "production"
    assert visitor.get("/dev/mail/").status_code == 404
    assert visitor.get(f"/dev/mail/{mail.pk}/").status_code == 404
