"""Stores: opening, renaming, closing. Each needs an open transaction."""

from datetime import date
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.calendar import add_months
from kernel.errors import DomainError
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require
from tenants.stores.models import Store

_FIRST_OPENING: Final = date(1990, 1, 1)
_MONTHS_AHEAD: Final = 12


class StoreCodeTaken(DomainError):
    """Another store of the chain has that code, perhaps a closed one: codes are not used again."""

    code = "store_code_taken"
    status = 409
    message = _("门店编码“{store_code}”已被使用，请换一个。")


class StoreNotFound(DomainError):
    """No such store."""

    code = "store_not_found"
    status = 404
    message = _("找不到该门店。")


class StoreClosed(DomainError):
    """The store has been closed before."""

    code = "store_closed"
    status = 409
    message = _("门店“{name}”已停业。")


class ClosedBeforeOpened(DomainError):
    """A store cannot close before the day it opened."""

    code = "closed_before_opened"
    status = 400
    message = _("停业日期不能早于开业日期（{opened_on}）。")


class OpeningDayOutOfRange(DomainError):
    """A slip of the hand: no store here is that old, and none is filed so long before it opens."""

    code = "opening_day_out_of_range"
    status = 422
    message = _("开业日期须在 {first} 至 {last} 之间。门店没有新增。")


class LastStore(DomainError):
    """A chain has a store at least."""

    code = "last_store"
    status = 409
    message = _("至少要保留一家营业中的门店。")


def open_store(*, actor: Actor, code: str, name: str, opened_on: date) -> Store:
    """Add a store to the chain. It can be worked in, and counts as open, from now on: the day is told, no more.

    Raises:
        NotAllowed, StoreCodeTaken
        OpeningDayOutOfRange: before 1990, or more than a year ahead.
    """
    require(actor, Act.STORE_MANAGE)
    last = add_months(clock.today(), _MONTHS_AHEAD)
    if not _FIRST_OPENING <= opened_on <= last:
        raise OpeningDayOutOfRange(first=_FIRST_OPENING, last=last)
    try:
        with transaction.atomic():
            store = Store.objects.create(code=code.strip().upper(), name=name.strip(), opened_on=opened_on)
    except IntegrityError as error:
        raise StoreCodeTaken(store_code=code) from error
    record(actor, "store.open", object_type="store", object_id=store.pk, store_id=store.pk, detail={"code": store.code})
    return store


def rename_store(*, actor: Actor, store_id: int, name: str) -> Store:
    """Give a store another name; its code stays.

    Raises:
        NotAllowed, StoreNotFound
    """
    require(actor, Act.STORE_MANAGE, store_id=store_id)
    store = _locked(store_id)
    before, store.name = store.name, name.strip()
    store.save(update_fields=["name"])
    detail = {"from": before, "to": store.name}
    record(actor, "store.rename", object_type="store", object_id=store.pk, store_id=store.pk, detail=detail)
    return store


def close_store(*, actor: Actor, store_id: int, closed_on: date) -> Store:
    """Close a store. It stays in the books, and its cards go on in the others.

    Raises:
        NotAllowed, StoreNotFound, StoreClosed, ClosedBeforeOpened, LastStore
    """
    require(actor, Act.STORE_MANAGE)
    # All of them, in order: two closings at once must not leave none open.
    open_now = list(Store.objects.select_for_update().filter(closed_on__isnull=True).order_by("pk"))
    store = _locked(store_id)
    if store.closed_on is not None:
        raise StoreClosed(name=store.name)
    if closed_on < store.opened_on:
        raise ClosedBeforeOpened(opened_on=store.opened_on)
    if len(open_now) == 1:
        raise LastStore
    store.closed_on = closed_on
    store.save(update_fields=["closed_on"])
    detail = {"closed_on": closed_on.isoformat()}
    record(actor, "store.close", object_type="store", object_id=store.pk, store_id=store.pk, detail=detail)
    return store


def _locked(store_id: int) -> Store:
    try:
        return Store.objects.select_for_update().get(pk=store_id)
    except Store.DoesNotExist:
        raise StoreNotFound from None
