"""`kayun platform-user`: an account for the platform's own staff."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from django.test import Client

from config.cli import main
from kernel.db import in_public
from tenants.audit.models import AuditEntry
from tenants.people.domain import UserKind
from tenants.people.models import User

PASSWORD = "Wu-Tong-8-Lu"


@pytest.fixture(autouse=True)
def running(monkeypatch: pytest.MonkeyPatch, database: None) -> None:
    """Django is set up, and the servers of the tests run."""
    monkeypatch.setattr("config.cli.people.start_django", lambda: None)


def _said(email: str, *, password: str = PASSWORD, again: str | None = None) -> tuple[int, str]:
    typed = f"{password}\n{password if again is None else again}\n"
    result = CliRunner().invoke(main, ["platform-user", email, "季云帆"], input=typed)
    return result.exit_code, result.output


def test_she_is_made_and_sent_to_set_up_a_second_factor(client_of: Callable[..., Client]) -> None:
    code, said = _said("ji@kayun.cn")
    assert (code, "季云帆 logs in as ji@kayun.cn" in said, PASSWORD in said) == (0, True, False)
    with in_public():
        person = User.objects.get(email="ji@kayun.cn")
        assert (person.kind, person.name, person.is_staff, person.is_superuser) == (
            UserKind.PLATFORM, "季云帆", False, False,
        )  # fmt: skip
        noted = AuditEntry.objects.get(act="platform.user")
        assert (noted.actor, noted.object_id) == ("system", str(person.pk))
    browser = client_of(None)
    answer = browser.post("/accounts/login/", {"login": "ji@kayun.cn", "password": PASSWORD})
    assert answer["Location"] == "/platform/"
    assert browser.get("/platform/")["Location"] == "/accounts/2fa/"


def test_what_cannot_be_is_said_and_nothing_is_made() -> None:
    assert _said("ji@kayun.cn")[0] == 0
    for email, password, why in (
        ("ji@kayun.cn", PASSWORD, "ji@kayun.cn"),
        ("nobody", PASSWORD, "nobody is no e-mail address."),
        ("li@kayun.cn", "12345678", "Error: "),
    ):
        code, said = _said(email, password=password)
        assert (code, why in said, "Traceback" in said) == (1, True, False), email
    assert _said("li@kayun.cn", again="other")[0] == 1
    with in_public():
        assert User.objects.filter(kind=UserKind.PLATFORM).count() == 1
