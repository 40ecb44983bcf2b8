"""A chain's account, moved in transactions of the public schema."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from billing.auditing import audit_platform
from kernel.db import in_public
from ledger.audit import audit_schema
from tenants.chains.models import Chain
from tests import cast

InPublic = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def shop(database: None) -> Chain:
    """A chain that has only asked for its schema: its account needs no more."""
    return cast.request("yunshan")


@pytest.fixture(autouse=True)
def _books_are_proved(database: None) -> Iterator[None]:
    """Whatever a test did, the platform's books hold afterwards."""
    yield
    assert [str(finding) for finding in (*audit_schema("public"), *audit_platform())] == []


@pytest.fixture
def in_books() -> InPublic:
    """``with in_books(): …`` is one transaction in public."""
    return in_public
