"""The desk's pages are tested with the people of tests/portal/people and the cards of tests/membership."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from tests.membership.conftest import clerk, holder, idle_cards, issue, store_id
from tests.portal.people.conftest import at_desk, owner_at_desk

__all__ = ["at_desk", "clerk", "holder", "idle_cards", "issue", "owner_at_desk", "store_id"]


@pytest.fixture
def hidden() -> Callable[[HttpResponse, str], str]:
    """The value of a hidden field of a page's form."""

    def read(page: HttpResponse, name: str) -> str:
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.content.decode())
        assert found is not None
        return found[1]

    return read


@pytest.fixture
def queries() -> Callable[[int], AbstractContextManager[None]]:
    """``with queries(7):`` so many statements are sent, the look-up of the host (remembered for seconds) left out."""

    @contextmanager
    def expect(count: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        sent = [query["sql"] for query in captured.captured_queries]
        counted = [sql for sql in sent if sql not in ("BEGIN", "COMMIT") and "chains_domain" not in sql]
        assert len(counted) == count, "\n".join(counted)

    return expect
