"""Bringing a chain into being: steps that can each be taken again, and undone together.

The ``Chain`` row says which steps are done. A worker that dies leaves it for the next one to go on from; a worker holds
the chain by a lock of its session, so two never work on one chain and a killed one frees it.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db import connections
from django.db.models import F

from kernel import clock
from kernel.db import in_chain, in_public
from kernel.errors import DomainError
from kernel.tasks import enqueue
from tenants.audit.services import record
from tenants.chains import schemas, spares
from tenants.chains.domain import ChainState, host_of
from tenants.chains.models import Chain, Domain
from tenants.chains.versions import OWNER
from tenants.people.domain import SYSTEM
from tenants.people.services import create_owner_staff
from tenants.stores.models import Store
from tenants.stores.services import open_store

_log = logging.getLogger(__name__)

ATTEMPTS_MAX: Final = 5
FIRST_STORE_CODE: Final = "001"
WAITING: Final = (ChainState.REQUESTED, ChainState.PROVISIONING)


def provision(chain_id: int) -> ChainState:
    """Take the chain through the steps that are left; the state it is in afterwards.

    Does nothing for a chain that does not wait for it, or that another worker holds. Opens its own transactions.
    Whatever stops a step is raised: the chain stays as it was before that step and can be tried again, until its
    attempts are used up; then everything that was made for it is undone and it is FAILED.
    """
    with held(chain_id) as ours:
        if ours and _begin_attempt(chain_id):
            try:
                _take_steps(chain_id)
            except Exception as error:
                _note_failure(chain_id, error)
                raise
    return ChainState(_read(chain_id).state)


def undo(chain_id: int) -> None:
    """Take back everything that was made for the chain. Can be repeated."""
    chain = _read(chain_id)
    # First the row, so that after a kill no step counts as done that is half undone.
    with in_public():
        Chain.objects.filter(pk=chain_id).update(step="")
        Domain.objects.filter(tenant_id=chain_id).delete()
    with in_public(using=OWNER):
        schemas.drop(chain.schema_name)


@contextmanager
def held(chain_id: int) -> Iterator[bool]:
    """Hold the chain against other workers; whether it was free. Ends with the session, so a kill frees it."""
    name = f"kayun.chain.{chain_id}"
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        (free,) = cursor.fetchone()
    try:
        yield free
    finally:
        if free:
            with connections[OWNER].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _make_schema(chain: Chain) -> None:
    with in_public(using=OWNER):
        if not schemas.exists(chain.schema_name):
            spares.claim(schema_name=chain.schema_name)


def _give_address(chain: Chain) -> None:
    with in_public():
        host = host_of(chain.slug, base_domain=settings.BASE_DOMAIN)
        Domain.objects.get_or_create(domain=host, defaults={"tenant": chain, "is_primary": True})


def _settle_people(chain: Chain) -> None:
    """The owner's staff account and the first store, in one transaction of the chain's."""
    email, name = chain.owner.email, chain.owner.name
    with in_chain(chain.schema_name):
        create_owner_staff(owner_id=chain.owner_id, email=email, name=name)
        if not Store.objects.filter(code=FIRST_STORE_CODE).exists():
            open_store(actor=SYSTEM, code=FIRST_STORE_CODE, name=chain.first_store_name, opened_on=clock.today())
            record(SYSTEM, "chain.provision", object_type="chain", object_id=chain.slug)


STEPS: Final[Mapping[str, Callable[[Chain], None]]] = {
    "schema": _make_schema,
    "address": _give_address,
    "people": _settle_people,
}
"""In this order. Each may have been done before by a worker that died before it could say so."""


def _take_steps(chain_id: int) -> None:
    names = list(STEPS)
    done = _read(chain_id).step
    for name in names[names.index(done) + 1 if done else 0 :]:
        STEPS[name](_read(chain_id))
        with in_public():
            Chain.objects.filter(pk=chain_id).update(step=name, touched_at=clock.now())
    with in_public():
        Chain.objects.filter(pk=chain_id, state=ChainState.PROVISIONING).update(
            state=ChainState.ACTIVE, error_code="", activated_at=clock.now(), touched_at=clock.now()
        )
        enqueue("chains.refill_spares")


def _begin_attempt(chain_id: int) -> bool:
    """Count an attempt; whether there is one left. A chain whose workers all died is given up here."""
    with in_public():
        waiting = Chain.objects.filter(pk=chain_id, state__in=WAITING)
        if waiting.filter(attempts__lt=ATTEMPTS_MAX).update(
            state=ChainState.PROVISIONING, attempts=F("attempts") + 1, touched_at=clock.now()
        ):
            return True
        exhausted = waiting.exists()
    if exhausted:
        _give_up(chain_id, error_code="worker_lost")
    return False


def _note_failure(chain_id: int, error: Exception) -> None:
    error_code = error.code if isinstance(error, DomainError) else "provisioning_failed"
    _log.warning("provisioning stopped: chain=%s code=%s", chain_id, error_code)
    with in_public():
        Chain.objects.filter(pk=chain_id).update(error_code=error_code, touched_at=clock.now())
    if _read(chain_id).attempts >= ATTEMPTS_MAX:
        _give_up(chain_id, error_code=error_code)


def _give_up(chain_id: int, *, error_code: str) -> None:
    undo(chain_id)
    with in_public():
        Chain.objects.filter(pk=chain_id).update(state=ChainState.FAILED, error_code=error_code, touched_at=clock.now())


def _read(chain_id: int) -> Chain:
    with in_public():
        chain: Chain = Chain.objects.select_related("owner").get(pk=chain_id)
    return chain
