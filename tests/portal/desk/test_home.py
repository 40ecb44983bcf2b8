"""The first page shows each person what is hers to see, and nothing else."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from membership.documents.models import Document
from portal.desk.day_views import people_of
from portal.registers.business import document_kind_column
from tenants.people.domain import SYSTEM, Act
from tenants.people.models import ApiKey, Role, RoleAct, User
from tenants.people.services import create_api_key
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


def test_the_chains_software_has_its_name_among_the_cashiers(in_chain: InChain) -> None:
    """The home page and the day's totals name a key as they name people."""
    with in_chain():
        key = create_api_key(actor=SYSTEM, name="门店收银软件", acts=[Act.VALUE_CONSUME.value], store_id=None)
        key_id = ApiKey.objects.get(prefix=key.raw.split("_")[1]).pk
        clerk = User.objects.create(username="weixia", name="韦霞")
        actors = (f"api:{key_id}", f"staff:{clerk.pk}", "system", "member:3", "api:99999")
        rows = people_of({actor: {} for actor in actors})
    assert {row["name"] for row in rows} == {"门店收银软件", "韦霞", "系统", "会员本人", "api:99999"}


def test_the_register_of_documents_names_their_kinds() -> None:
    assert document_kind_column(Document(kind="STOCK_TRANSFER")) == "空白卡调拨"
