"""People who play in these tests."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tenants.people.domain import SYSTEM, Actor
from tenants.people.models import Role, User
from tenants.people.queries import actor_of
from tenants.people.services import assign_role


@pytest.fixture
def owner(in_chain: Callable[..., AbstractContextManager[None]]) -> Actor:
    """The owner, as his staff account in the chain."""
    with in_chain():
        return actor_of(User.objects.get(owner_id__isnull=False))


@pytest.fixture
def hire() -> Callable[..., User]:
    """``hire("lin", "CASHIER", store_id=1)``: an account with a role and no password, in the caller's transaction."""

    def hired(username: str, *roles: str, store_id: int | None = None) -> User:
        person = User.objects.create(username=username, name=username)
        for code in roles:
            assign_role(actor=SYSTEM, user_id=person.pk, role_code=code, store_id=store_id)
        return person

    return hired


def acts_of(code: str) -> list[str]:
    """The acts in the role's row of the matrix."""
    return sorted(Role.objects.get(code=code).acts.values_list("act", flat=True))
