"""The desk's menu: whole, in groups, and for each person only what she may open."""

import re
from collections.abc import Callable
from pathlib import Path

from django.test import Client
from django.urls import resolve, set_urlconf

from portal.components.icons import ICON_NAMES
from portal.desk.menu import MENU, menu_for
from tenants.people.domain import SYSTEM, Act, Actor

AtDesk = Callable[..., Client]
_ENTRIES = [entry for group in MENU for entry in group.entries]


def _keys(actor: Actor) -> list[str]:
    return [key for group in menu_for(actor).groups for key in group.keys]


def test_every_entry_leads_to_a_page_and_is_there_once() -> None:
    set_urlconf("config.urls_chain")
    try:
        assert all(resolve(entry.url) for entry in _ENTRIES)
        assert len({entry.url for entry in _ENTRIES}) == len({entry.key for entry in _ENTRIES}) == len(_ENTRIES)
    finally:
        set_urlconf(None)
    assert {entry.icon for entry in _ENTRIES} <= set(ICON_NAMES)


def test_every_view_names_an_entry_as_the_place_where_it_is() -> None:
    """A view whose ``nav`` nobody knows would mark no entry as the current one."""

    named = {
        key
        for path in Path("portal/desk").glob("*.py")
        for key in re.findall(r'"nav": "(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert named - {entry.key for entry in _ENTRIES} == set()


def test_nobody_sees_what_she_may_not_open() -> None:
    clerk = Actor.with_cells(kind="staff", pk=1, name="周敏", cells=[(Act.CARD_ISSUE, 7)])
    assert _keys(clerk) == ["home", "issue", "applications", "cards"]
    assert _keys(SYSTEM) == [entry.key for entry in _ENTRIES]


def test_the_page_marks_where_one_is_and_opens_its_group(owner_at_desk: Client) -> None:
    page = owner_at_desk.get("/desk/stores/").content.decode()
    settings = page.partition('data-remember="menu-settings"')[2].partition("</details>")[0]
    assert settings.startswith(" open>")
    assert settings.count('aria-current="page"') == 1
    assert 'href="/desk/stores/" aria-current="page"' in settings


def test_a_cashiers_menu_is_short_and_stands_open(at_desk: AtDesk) -> None:
    page = at_desk("CASHIER").get("/desk/").content.decode()
    rail = page.partition("<nav")[2].partition("</nav>")[0]
    assert rail.count("<details") == rail.count(" open>") > 1
    assert "/desk/staff/" not in rail
