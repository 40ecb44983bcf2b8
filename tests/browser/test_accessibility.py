"""axe finds nothing on the pages people use, at a desk's width and on a phone."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page

from kernel.db import in_public
from tenants.chains.models import Chain
from tenants.people.domain import UserKind
from tenants.people.models import User
from tests.browser.conftest import House
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id
from tests.portal.member.conftest import log_in
from tests.portal.people.conftest import owner_at_desk

__all__ = ["clerk", "holder", "idle_cards", "issue", "log_in", "owner_at_desk", "store_id"]

_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
_PUBLIC = [
    "/", "/pricing/", "/accounts/login/", "/accounts/signup/", "/accounts/confirm-email/", "/accounts/password/reset/",
    "/no/such/page/",
]  # fmt: skip
_DOOR = ["/", "/pin/", "/desk/login/"]
_DESK = [
    "/desk/", "/desk/till/", "/desk/cards/", "/desk/cards/make/", "/desk/cards/issue/",
    "/desk/members/", "/desk/members/new/", "/desk/members/tags/", "/desk/members/duplicates/", "/desk/vehicles/",
    "/desk/buyers/", "/desk/members/wordings/", "/desk/stock/workdays/", "/desk/branding/",
    "/desk/cards/types/", "/desk/cards/types/new/", "/desk/cards/types/ORDINARY/edit/", "/desk/cards/types/rules/",
    "/desk/cards/types/SPECIAL/enable/", "/desk/cards/levels/new/", "/desk/staff/new/", "/desk/members/M000001/edit/",
    "/desk/documents/new/CARD_LEVEL/", "/desk/documents/new/CARD_BINDING/",
    "/desk/members/M000001/", "/desk/members/M000001/vehicles/new/", "/desk/members/M000001/terms/",
    "/desk/staff/", "/desk/roles/", "/desk/stores/", "/desk/api-keys/", "/desk/audit/",
    "/desk/imports/", "/desk/exports/", "/desk/retention/", "/desk/takeover/",
    "/desk/value/rules/", "/desk/value/prepayment/", "/desk/value/signed/", "/desk/value/points/",
    "/desk/value/packages/", "/desk/value/packages/products/",
    "/desk/applications/", "/desk/applications/settings/",
    "/desk/expiry/", "/desk/expiry/rules/", "/desk/expiry/cards/", "/desk/dormancy/", "/desk/dormancy/reopen/",
    "/desk/messages/", "/desk/messages/M000001/", "/desk/requests/", "/desk/requests/?which=all",
    "/desk/documents/", "/desk/documents/?which=all", "/desk/documents/new/MAKING_REQUEST/",
    "/desk/documents/new/CARD_VALIDITY/", "/desk/documents/new/STOCK_TRANSFER/", "/desk/stock/take-in/", "/desk/stock/",
    "/desk/stock/ranges/", "/desk/stock/draw/", "/desk/stock/count/", "/desk/stock/destroy/", "/desk/stock/settings/",
    "/desk/day/", "/desk/find/?q=88",
    "/desk/accounts/2fa/", "/desk/accounts/2fa/webauthn/", "/desk/accounts/2fa/totp/activate/",
    "/desk/accounts/password/change/",
]  # fmt: skip
_OF_A_CARD = [
    "/desk/cards/{}/", "/desk/till/?card={}", "/desk/cards/{}/reissue/", "/desk/cards/{}/replace/",
]  # fmt: skip
_CONSOLE = [
    "/console/", "/console/chains/new/", *(f"/console/chains/yunshan/{page}" for page in (
        "subscription/", "account/", "account/top-up/", "account/automatic/",
        "statements/", "statements/now/", "invoices/", "prices/", "usage/", "team/")),
]  # fmt: skip
_OFFICE = [
    "/platform/events/",
    "/platform/events/?state=",
    "/platform/payments/?chain=yunshan",
    "/platform/adjustments/",
    "/platform/chains/",
    "/platform/chains/of/yunshan/",
    "/platform/health/",
    "/platform/health/chains/",
    "/platform/prices/",
    "/platform/prices/new/",
    "/platform/prices/2026-01/",
    "/platform/invoices/",
]
_WIDTHS = (1440, 360)
_MEMBER = [
    "/card/",
    "/card/records/",
    "/card/settlements/",
    "/offline/",
    "/card/pin/",
    "/card/services/",
    "/card/sessions/",
    "/card/loss/",
    "/card/requests/",
    "/card/consents/",
    "/card/messages/",
    "/card/code/",
]


def test_axe_finds_nothing(
    house: House,
    window: Callable[[int], Page],
    holder: Holder,
    owner_at_desk: Client,
    log_in: Callable[[Holder], Client],
    chain: Chain,
    client_of: Callable[..., Client],
) -> None:
    clerk_of_the_platform = _with_second_factor()
    slug = str(owner_at_desk.defaults["HTTP_HOST"]).partition(".")[0]
    rounds: list[tuple[str, list[str], Client | None]] = [
        ("", _PUBLIC, None),
        (slug, _DOOR, None),
        (slug, [*_DESK, *(page.format(holder.number) for page in _OF_A_CARD)], owner_at_desk),
        (slug, _MEMBER, log_in(holder)),
        ("", _CONSOLE, _browser(client_of, chain.owner)),
        ("", _OFFICE, _browser(client_of, clerk_of_the_platform)),
    ]
    found: list[str] = []
    for host, paths, visitor in rounds:
        page = window(_WIDTHS[0])
        if visitor is not None:
            page.context.add_cookies(
                [{"name": "sessionid", "value": visitor.cookies["sessionid"].value, "url": house.url(host)}]
            )
        for path in paths:
            page.goto(house.url(host, path))
            for width in _WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                found += [f"{path} at {width}: {fault}" for fault in _faults(page)]
    assert found == []


def _browser(client_of: Callable[..., Client], user: User) -> Client:
    """The browser of somebody who is logged in on the public site."""
    browser = client_of(None)
    with in_public():
        browser.force_login(user)
    return browser


def _with_second_factor() -> User:
    """One of the platform's staff."""
    with in_public():
        user = User.objects.create(username="li", email="li@kayun.cn", name="李", kind=UserKind.PLATFORM)
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return user


def _faults(page: Page) -> list[str]:
    """What axe says against the page, and the first place of each fault."""
    faults = Axe().run(page, options=_OPTIONS).response["violations"]
    return [f"{fault['id']}: {fault['help']} at {fault['nodes'][0]['html'][:160]}" for fault in faults]
