"""Stores: opened, renamed, closed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

import pytest
from django.utils import translation

from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Actor, NotAllowed
from tenants.stores import queries, services
from tenants.stores.models import Store

InChain = Callable[..., AbstractContextManager[None]]
DAY = date(2026, 3, 2)


@pytest.mark.parametrize(("day", "taken"), [
    (date(1989, 12, 31), False), (date(1990, 1, 1), True), (date(2027, 3, 2), True), (date(2027, 3, 3), False),
])  # fmt: skip
def test_a_store_opens_in_our_time(in_chain: InChain, held_clock: datetime, day: date, taken: bool) -> None:
    """Not before 1990, and not more than a year from today, 2 March 2026."""
    with in_chain():
        if taken:
            assert services.open_store(actor=SYSTEM, code="002", name="二号店", opened_on=day).opened_on == day
            return
        with pytest.raises(services.OpeningDayOutOfRange) as refused:
            services.open_store(actor=SYSTEM, code="002", name="二号店", opened_on=day)
        with translation.override("en"):
            assert str(refused.value) == (
                "The opening day must lie between 1990-01-01 and 2027-03-02. No store was added."
            )
        assert queries.count_open() == 1


def test_a_store_opens(in_chain: InChain) -> None:
    with in_chain():
        store = services.open_store(actor=SYSTEM, code=" a-02 ", name=" 二号店 ", opened_on=DAY)
        assert (store.code, store.name, store.closed_on) == ("A-02", "二号店", None)
        assert AuditEntry.objects.filter(act="store.open", store_id=store.pk).count() == 1
        assert queries.count_open() == 2


def test_a_code_is_used_once(in_chain: InChain) -> None:
    with in_chain():
        with pytest.raises(services.StoreCodeTaken):
            services.open_store(actor=SYSTEM, code="001", name="又一号店", opened_on=DAY)
        assert Store.objects.count() == 1


def test_a_store_is_renamed(in_chain: InChain) -> None:
    with in_chain():
        store = services.rename_store(actor=SYSTEM, store_id=Store.objects.get().pk, name="旗舰店")
        assert Store.objects.get().name == "旗舰店"
        assert AuditEntry.objects.get(act="store.rename").detail == {"from": "一号店", "to": store.name}


def test_a_store_closes_once_and_not_before_it_opened(in_chain: InChain) -> None:
    with in_chain():
        store = services.open_store(actor=SYSTEM, code="002", name="二号店", opened_on=DAY)
        with pytest.raises(services.ClosedBeforeOpened):
            services.close_store(actor=SYSTEM, store_id=store.pk, closed_on=date(2026, 3, 1))
        services.close_store(actor=SYSTEM, store_id=store.pk, closed_on=DAY)
        with pytest.raises(services.StoreClosed):
            services.close_store(actor=SYSTEM, store_id=store.pk, closed_on=DAY)
        assert [shop.code for shop in queries.open_stores()] == ["001"]


def test_the_last_store_stays(in_chain: InChain) -> None:
    with in_chain():
        store = Store.objects.get()
        with pytest.raises(services.LastStore):
            services.close_store(actor=SYSTEM, store_id=store.pk, closed_on=date(2999, 1, 1))
        store.refresh_from_db()
        assert store.closed_on is None
        with pytest.raises(services.StoreNotFound):
            services.close_store(actor=SYSTEM, store_id=0, closed_on=DAY)


def test_who_may(in_chain: InChain) -> None:
    with in_chain():
        here = Store.objects.get().pk
        local = Actor(kind="staff", id=1, grants={"store.manage": frozenset({here})})
        with pytest.raises(NotAllowed):
            services.open_store(actor=local, code="002", name="二号店", opened_on=DAY)
        services.rename_store(actor=local, store_id=here, name="改名")
        with pytest.raises(NotAllowed):
            services.rename_store(actor=local, store_id=here + 1, name="改名")
        assert Store.objects.count() == 1


def test_the_stores_somebody_works_in(in_chain: InChain) -> None:
    with in_chain():
        second = services.open_store(actor=SYSTEM, code="002", name="二号店", opened_on=DAY)
        third = services.open_store(actor=SYSTEM, code="003", name="三号店", opened_on=DAY)
        cashier = Actor(kind="staff", id=1, grants={"card.view": frozenset({second.pk}), "value.consume": frozenset()})
        both = Actor(kind="staff", id=1, grants={"a": frozenset({second.pk}), "b": frozenset({third.pk})})
        assert [shop.code for shop in queries.open_stores(for_actor=cashier)] == ["002"]
        assert [shop.code for shop in queries.open_stores(for_actor=both)] == ["002", "003"]
        assert queries.open_stores(for_actor=Actor(kind="staff", id=2)) == []
        assert len(queries.open_stores(for_actor=SYSTEM)) == 3
