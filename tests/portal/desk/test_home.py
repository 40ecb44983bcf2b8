"""The first page shows each person what is hers to see, and nothing else."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from tenants.people.models import Role, RoleAct
from tenants.stores.models import Store
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

PRIVATE = ("林静", "8800 0000 01", "8800000001", "100<")


def test_whoever_was_given_nothing_sees_nothing(at_desk: AtDesk, holder: Holder) -> None:
    answer = at_desk().get("/desk/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "还没有为您授予权限" in page
    assert not any(part in answer.context for part in ("today", "days", "cashiers", "recent"))
    assert not any(text in page for text in PRIVATE)


def test_takings_are_for_whoever_reads_reports_and_records_for_whoever_sees_cards(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, store_id: int
) -> None:
    seen = {}
    for role in ("STORE_MANAGER", "CASHIER", "MARKETING", "SUPPLY"):
        context = at_desk(role, store_id=store_id).get("/desk/").context
        seen[role] = ("today" in context and "cashiers" in context, "recent" in context)
    assert seen == {
        "STORE_MANAGER": (True, True),
        "CASHIER": (False, True),
        "MARKETING": (True, True),
        "SUPPLY": (False, True),
    }
    with in_chain():
        own = Role.objects.create(code="own-keys", name="接口管理员")
        RoleAct.objects.create(role=own, act="apikey.manage")
    page = at_desk("own-keys").get("/desk/").content.decode()
    assert "您可以办理" in page
    assert "接口密钥管理" in page
    assert not any(text in page for text in PRIVATE)


@pytest.mark.usefixtures("holder")
def test_a_closed_store_does_not_open_all_the_others(at_desk: AtDesk, in_chain: InChain) -> None:
    """Who works in a store that is closed has no store: that is none, not all."""
    with in_chain():
        closed = Store.objects.create(code="009", name="旧店", opened_on="2020-01-01", closed_on="2021-01-01")
    page = at_desk("STORE_MANAGER", store_id=closed.pk).get("/desk/").content.decode()
    assert not any(text in page for text in PRIVATE)
