"""Everything under /platform/, offices and registers alike: who gets in, and how one part leads to the other."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from kernel.db import in_public
from portal.platform.menu import OFFICES
from tests import cast
from tests.portal.platform.conftest import Clerk

ClientOf = Callable[..., Client]

_FILLED = {"slug": "yunshan", "int": "1", "uuid": "0198c0de-0000-7000-8000-000000000001", "path": "1"}


def _addresses(urls: list[Any], prefix: str) -> Iterator[str]:
    """Every address, with something put in for its parameters."""
    for url in urls:
        pattern = str(url.pattern).removeprefix("^").removesuffix("$").replace("\\Z", "")
        pattern = re.sub(r"<(\w+):\w+>", lambda found: _FILLED.get(found[1], "1"), pattern)
        # Regular expressions: the first of the apps, any other address.
        pattern = re.sub(r"\(\?P<\w+>([\w.*|]+)\)", lambda found: found[1].split("|")[0], pattern).replace(".*", "no/")
        if isinstance(url, URLResolver):
            yield from _addresses(url.url_patterns, prefix + pattern)
        else:
            yield prefix + pattern


def platform_addresses() -> list[str]:
    """Every address under /platform/ that answers at the base host."""
    found = _addresses(list(get_resolver("config.urls_public").url_patterns), "/")
    return sorted({address for address in found if address.startswith("/platform/")})


def test_everything_asks_for_the_second_factor(client_of: ClientOf, clerk: Clerk) -> None:
    addresses = platform_addresses()
    assert len(addresses) > 70
    assert {"/platform/", "/platform/people/user/", "/platform/search/", "/platform/no/"} <= set(addresses)
    assert {f"/platform/{path}/" for path in ("audit/auditentry", "ledger/account", "mail/outgoingmail", "health")} <= (
        set(addresses)
    )
    nobody, password_only, owner = client_of(None), clerk("li", second_factor=False), client_of(None)
    with in_public():
        owner.force_login(cast.make_owner())
    for address in addresses:
        for method in ("get", "post"):
            away = getattr(nobody, method)(address)
            if away.status_code == 405:
                # Says nothing to anybody but that it takes forms only, or none.
                continue
            assert away["Location"].startswith("/accounts/login/"), (method, address)
            assert getattr(password_only, method)(address)["Location"] == "/accounts/2fa/", (method, address)
            assert getattr(owner, method)(address).status_code == 403, (method, address)


@pytest.mark.parametrize(
    ("language", "health", "registers"), [("zh-hans", "运行状况", "登记簿"), ("en", "Health", "Registers")]
)
def test_offices_and_registers_lead_to_each_other(clerk: Clerk, language: str, health: str, registers: str) -> None:
    browser = clerk("li")
    browser.cookies["django_language"] = language
    for path in ("/platform/", "/platform/people/user/", "/platform/health/", "/accounts/2fa/"):
        page = browser.get(path).content.decode()
        for office in OFFICES:
            assert f'href="/platform/{office.nav}/"' in page, (path, office.nav)
        assert health in page
        assert 'href="/platform/"' in page
        assert "/console/" not in page
    assert registers in browser.get("/platform/health/").content.decode()
    for path in ("/platform/", "/platform/people/user/"):
        page = browser.get(path).content.decode()
        assert 'href="/platform/audit/auditentry/"' in page


@pytest.mark.parametrize(
    ("language", "mine", "warned"),
    [("zh-hans", "登录密码", "须先启用两步验证"), ("en", "Password", "two-step verification before")],
)
def test_who_must_set_the_factor_up_finds_the_platforms_menu(
    clerk: Clerk, language: str, mine: str, warned: str
) -> None:
    browser = clerk("li", second_factor=False)
    browser.cookies["django_language"] = language
    page = browser.get("/platform/people/user/", follow=True).content.decode()
    assert warned in page
    assert 'href="/platform/health/"' in page
    assert mine in page
    assert "/console/" not in page


def test_a_refusal_leads_staff_back_to_the_platform(client_of: ClientOf, clerk: Clerk) -> None:
    browser = clerk("li")
    for path, status in (("/console/", 403), ("/platform/chains/of/nobody/", 404)):
        answer = browser.get(path)
        page = answer.content.decode()
        assert (answer.status_code, 'href="/platform/"' in page, "回到平台管理" in page) == (status, True, True), path
        assert 'href="/console/"' not in page
    browser.cookies["django_language"] = "en"
    assert "Back to the platform" in browser.get("/console/").content.decode()
    owner = client_of(None)
    with in_public():
        owner.force_login(cast.make_owner())
    assert 'href="/platform/"' not in owner.get("/platform/").content.decode()
