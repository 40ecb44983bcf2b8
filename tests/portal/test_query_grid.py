"""No page asks once a row: two rows of everything and twelve take the same statements. At the desk, in its registers,
in the owner's console and on the platform's pages; the member's own are walked in ``member/test_own_only.py``.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from django.contrib.admin import AdminSite
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kernel.db import in_public
from portal.registers.desk import registers_site
from portal.registers.platform import platform_site
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import clerk, store_id
from tests.portal import pages
from tests.portal.billed import Billed
from tests.portal.filling import Filling
from tests.portal.people.conftest import owner_at_desk
from tests.portal.platform.conftest import clerk as staff_of_the_platform

__all__ = ["clerk", "owner_at_desk", "staff_of_the_platform", "store_id"]

InChain = Callable[..., AbstractContextManager[None]]

FEW, MANY = 2, 12


def _registers(site: AdminSite, urlconf: str) -> list[str]:
    """Every list of a site of registers."""
    return [
        reverse(f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_changelist", urlconf=urlconf)
        for model in site._registry
    ]


def _statements(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    # The host's look-up is remembered for seconds.
    return sum("chains_domain" not in query["sql"] for query in captured.captured_queries)


def _grown(visits: Iterable[tuple[Client, str]], fill: Callable[[int], Any]) -> dict[str, tuple[int, int]]:
    """The pages that ask more with many rows than with few: the statements of both."""
    visits = list(visits)
    # Each browser's first look at anything fills what is remembered between requests.
    for browser, path in dict(visits).items():
        browser.get(path)
    asked: dict[int, list[int]] = {}
    for rows in (FEW, MANY):
        fill(rows)
        asked[rows] = [_statements(browser, path) for browser, path in visits]
    counted = zip(visits, asked[FEW], asked[MANY], strict=True)
    return {path: (few, many) for (_browser, path), few, many in counted if many > few}


def test_no_list_of_the_desk_asks_once_a_row(
    owner_at_desk: Client, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        filling = Filling(clerk, store_id)
        filling.up_to(1)

    def fill(rows: int) -> None:
        with in_chain():
            filling.up_to(rows)

    own = [page.format_map(filling.names) for page in (*pages.DESK_LISTS, *pages.DESK_PARTS)]
    lists = [*own, *_registers(registers_site, "config.urls_chain")]
    assert _grown([(owner_at_desk, path) for path in lists], fill) == {}


def test_no_list_of_the_console_or_the_platform_asks_once_a_row(
    chain: Chain,
    client_of: Callable[..., Client],
    staff_of_the_platform: Callable[..., Client],
    sent_tasks: list[str],
) -> None:
    with in_public():
        billed = Billed(chain)
        owner = client_of(None)
        owner.force_login(chain.owner)

    def fill(rows: int) -> None:
        with in_public():
            billed.up_to(rows)

    fill(1)
    staff = staff_of_the_platform("li")
    visits = [(owner, page) for page in pages.CONSOLE_LISTS]
    visits += [(staff, page) for page in pages.OFFICE_LISTS]
    visits += [(staff, page) for page in _registers(platform_site, "config.urls_public")]
    assert _grown([(browser, page.format_map(billed.names)) for browser, page in visits], fill) == {}
