"""No page is forgotten: every address that answers a GET is among those that axe looks at, or here with the reason why
it is not.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import Resolver404, URLResolver, get_resolver, resolve, reverse

from kernel.ids import uuid7
from tenants.chains.models import Chain
from tests.portal import pages

_CHAIN, _PUBLIC = "config.urls_chain", "config.urls_public"

VISITED: Final[Mapping[str, tuple[str, ...]]] = {
    _CHAIN: (*pages.DOOR, *pages.DESK, *pages.MEMBER),
    _PUBLIC: (*pages.PUBLIC, *pages.CONSOLE, *pages.OFFICE),
}
_A_FILE = "a file"
_A_PART = "a part of a page, looked at within it"
_BY_A_CODE = "opens by a code or a link that was sent: tests/browser/test_applications.py and test_member_phone.py"
NOT_VISITED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "desk:file_download", "desk:import_template", "desk:takeover_template", "desk:application_photo",
            "desk:expiry_csv", "desk:expiry_cards_csv", "desk:dormancy_csv",
            "member:manifest", "member:worker", "member:brand_css", "member:brand_logo", "member:records_download",
            "console:statement_pdf", "console:statement_workbook", "office:price_csv",
        ),
        _A_FILE,
    ),
    **dict.fromkeys(
        (
            "desk:till_card", "desk:till_quote", "desk:member_search", "desk:issue_guide", "desk:stock_lying",
            "desk:card_adjusted", "member:code_now", "console:slug_check",
        ),
        _A_PART,
    ),
    **dict.fromkeys(
        ("member:pin_code_use", "member:apply_code", "member:apply_find_code", "member:apply_follow",
         "member:apply_mine", "member:apply_pin"),
        _BY_A_CODE,
    ),
    "member:apply": "where a card is offered on the web: tests/browser/test_applications.py",
    "member:apply_find": "for whoever has applied: tests/portal/applications",
    "member:payment_detail": "a record's receipt, out of the books: tests/portal/member/test_settlements.py",
    "desk:enter": "spends a ticket of the owner's console and leads on",
    "desk:top_up": "an old address: leads to the till",
    "desk:consume": "an old address: leads to the till",
}  # fmt: skip


def _addresses(urlconf: str) -> dict[str, Mapping[str, Any]]:
    """Every address of ours by its full name, with the converters of its parameters; those of the registers and of
    allauth have tests of their own.
    """

    def walk(found: list[Any], space: str, before: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for one in found:
            parameters = {**before, **one.pattern.converters}
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, one.namespace or space, parameters)
            elif one.name:
                yield f"{space}:{one.name}", parameters

    ours = ("desk", "member", "public", "console", "office")
    every = walk(get_resolver(urlconf).url_patterns, "", {})
    return {name: parameters for name, parameters in every if name.partition(":")[0] in ours}


def _visited(urlconf: str) -> set[str]:
    keys: dict[str, str] = defaultdict(lambda: "1", {name: str(uuid7()) for name in pages.UUIDS} | pages.EXAMPLES)
    names = set()
    for page in VISITED[urlconf]:
        try:
            names.add(resolve(page.partition("?")[0].format_map(keys), urlconf).view_name)
        except Resolver404:
            assert page == pages.NOWHERE, page
    return names


def _somewhere(name: str, parameters: Mapping[str, Any], urlconf: str) -> str:
    """The address with something put in for its parameters."""
    kinds = {"UUIDConverter": uuid7(), "IntConverter": 1}
    given = {parameter: kinds.get(type(converter).__name__, "x") for parameter, converter in parameters.items()}
    return reverse(name, kwargs=given, urlconf=urlconf)


@pytest.mark.parametrize("urlconf", [_CHAIN, _PUBLIC])
def test_every_page_is_looked_at_or_said_why_not(chain: Chain, client_of: Callable[..., Client], urlconf: str) -> None:
    visitor = client_of(chain if urlconf == _CHAIN else None)
    visited = _visited(urlconf)
    left = {name: one for name, one in _addresses(urlconf).items() if name not in visited}
    # Nobody is logged in: what only takes a POST says so before it asks who comes.
    forgotten = [
        name
        for name, parameters in left.items()
        if name not in NOT_VISITED
        and visitor.get(_somewhere(name, parameters, urlconf)).status_code != HTTPStatus.METHOD_NOT_ALLOWED
    ]
    assert forgotten == []


def test_no_reason_outlives_what_it_was_for() -> None:
    there = {name for urlconf in VISITED for name in _addresses(urlconf)}
    visited = {name for urlconf in VISITED for name in _visited(urlconf)}
    assert set(NOT_VISITED) - there == set()
    assert set(NOT_VISITED) & visited == set()
