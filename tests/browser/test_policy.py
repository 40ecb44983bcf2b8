"""No page is in the way of its own Content-Security-Policy: a browser names each violation on its console, and the
house's windows take whatever is said there for a fault (``window``). The other tests of this folder look at the
pages people use; these are the ones that are not drawn by us: registers, and the accounts' second factors.
"""

from collections.abc import Callable

from django.test import Client
from playwright.sync_api import Page

from tests.browser.conftest import House
from tests.portal.people.conftest import owner_at_desk

__all__ = ["owner_at_desk"]

_PAGES = [
    "/desk/registers/", "/desk/registers/cards/card/", "/desk/registers/ledger/posting/",
    "/desk/accounts/2fa/", "/desk/accounts/2fa/totp/activate/", "/desk/accounts/2fa/webauthn/add/",
    "/desk/accounts/password/reset/", "/desk/accounts/password/change/",
]  # fmt: skip


def test_registers_and_second_factors_run_under_their_policy(
    house: House, window: Callable[[int], Page], owner_at_desk: Client
) -> None:
    slug = str(owner_at_desk.defaults["HTTP_HOST"]).partition(".")[0]
    page = window(1440)
    page.context.add_cookies(
        [{"name": "sessionid", "value": owner_at_desk.cookies["sessionid"].value, "url": house.url(slug)}]
    )
    for path in _PAGES:
        answer = page.goto(house.url(slug, path))
        assert answer is not None
        assert answer.ok, (path, answer.status)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        page.wait_for_load_state("networkidle")
