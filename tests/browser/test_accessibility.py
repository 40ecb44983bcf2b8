"""axe finds nothing on any page, at a desk's width and on a phone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.test import Client
from playwright.sync_api import Page, Route

from kernel.db import in_public
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import Actor, UserKind
from tenants.people.models import User
from tests.browser.axe import faults
from tests.browser.conftest import House
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id
from tests.portal import pages
from tests.portal.billed import Billed
from tests.portal.filling import Filling
from tests.portal.member.conftest import log_in, on_plan
from tests.portal.people.conftest import owner_at_desk

__all__ = ["clerk", "holder", "idle_cards", "issue", "log_in", "on_plan", "owner_at_desk", "store_id"]

_WIDTHS: Final = (1440, 360)
_MISSING: Final = "which is not there"
_SHELL: Final = [[".desk-rail"], [".desk-topbar .menu-sheet"]]
"""The same around every page of the desk, and larger than most of them: looked at on the first."""
_ANSWERS: Final[Sequence[tuple[str, dict[str, str]]]] = (
    ("/desk/cards/make/", {"number_prefix": "99", "first": "1", "quantity": "3", "width": "8", "level": "GOLD"}),
    ("/desk/cards/make/", {}),
    ("/desk/members/new/", {"name": "", "phone": "1"}),
    ("/desk/members/{other_member}/reveal/", {"document_kind": "PASSPORT", "reason": "核对证件"}),
    ("/desk/members/{other_member}/documents/remove/", {"document_kind": "PASSPORT"}),
    ("/desk/api-keys/", {"name": "总店", "store": "", "acts": "value.consume"}),
    ("/desk/cards/{card}/pin/", {"pin_version": "{pin_version}"}),
    ("/desk/cards/{card}/transfer/", {}),
)
"""What the desk answers to a form: done, shown once, or refused."""


@dataclass(frozen=True, slots=True)
class _Round:
    """Somebody goes through pages of one host, and sends forms."""

    host: str
    paths: Sequence[str]
    visitor: Client | None = None
    forms: Sequence[tuple[str, dict[str, str]]] = ()


def test_axe_finds_nothing(
    house: House,
    window: Callable[[int], Page],
    holder: Holder,
    clerk: Actor,
    store_id: int,
    owner_at_desk: Client,
    log_in: Callable[[Holder], Client],
    chain: Chain,
    in_chain: Callable[..., AbstractContextManager[None]],
    client_of: Callable[..., Client],
    on_plan: Callable[..., None],
) -> None:
    on_plan("C", stores=2)
    with in_chain():
        filling = Filling(clerk, store_id)
        filling.up_to(2)
        filling.names["own_record"] = str(Record.objects.filter(card=holder.card, kind="TOP_UP").latest("pk").pk)
    with in_public():
        billed = Billed(chain)
        billed.up_to(2)
    names = billed.names | filling.names
    slug = str(owner_at_desk.defaults["HTTP_HOST"]).partition(".")[0]
    rounds = [
        _Round("", pages.PUBLIC),
        _Round(slug, pages.DOOR),
        _Round(slug, pages.DESK, owner_at_desk, _ANSWERS),
        _Round(slug, pages.MEMBER, log_in(holder)),
        _Round("", pages.CONSOLE, _browser(client_of, chain.owner)),
        _Round("", pages.OFFICE, _browser(client_of, _with_second_factor())),
    ]
    found: list[str] = []
    for each in rounds:
        page = window(_WIDTHS[0])
        if each.visitor is not None:
            session = each.visitor.cookies["sessionid"].value
            page.context.add_cookies([{"name": "sessionid", "value": session, "url": house.url(each.host)}])
        for place, path in enumerate(_walk(page, house, each, names)):
            found += [path] if _MISSING in path else []
            found += [f"{path} {fault}" for fault in faults(page, widths=_WIDTHS, leave_out=_SHELL if place else [])]
    assert found == []


def _walk(page: Page, house: House, each: _Round, names: dict[str, str]) -> Iterator[str]:
    """Page after page, each open while it is looked at; its address."""
    for path in each.paths:
        filled = path.format_map(names)
        answer = page.goto(house.url(each.host, filled))
        # What says that there is no such page is no page looked at.
        is_there = answer is not None and (answer.ok or path == pages.NOWHERE)
        yield filled if is_there else f"{filled}, {_MISSING},"
    for path, given in each.forms:
        assert each.visitor is not None
        filled = path.format_map(names)
        sent = {name: value.format_map(names) for name, value in given.items()}
        _show(page, house.url(each.host, filled), each.visitor.post(filled, sent, follow=True))
        yield f"{filled}, answered"


def _show(page: Page, url: str, answer: Any) -> None:
    """Open what a form was answered with as the page at its address."""
    assert answer.status_code < 500

    def fulfil(route: Route) -> None:
        route.fulfill(content_type="text/html; charset=utf-8", body=answer.content.decode())

    page.route(url, fulfil)
    page.goto(url)
    page.unroute(url)


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
