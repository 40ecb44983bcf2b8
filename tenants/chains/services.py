"""What an owner can do with a chain: ask for one, see it made, close it."""

from collections.abc import Collection
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.db import in_public
from kernel.errors import DomainError
from kernel.tasks import enqueue
from tenants.chains import schemas
from tenants.chains.domain import ChainState, Plan, check_slug, schema_name_of
from tenants.chains.exporting import export
from tenants.chains.farewells import take_leave
from tenants.chains.models import Chain
from tenants.chains.provisioning import held, provision
from tenants.chains.versions import OWNER
from tenants.people.models import User

__all__ = [
    "ChainNotActive",
    "ChainNotFailed",
    "SlugTaken",
    "close_chain",
    "finish_closing",
    "note_arrears",
    "provision",
    "request_chain",
    "retry_chain",
    "set_entitlements",
]


class SlugTaken(DomainError):
    """Another chain has, or had, that slug."""

    code = "slug_taken"
    status = 409
    message = _("网址名“{slug}”已被使用，请换一个。")


class ChainNotFailed(DomainError):
    """Only a chain whose provisioning was given up can be tried again."""

    code = "chain_not_failed"
    status = 409
    message = _("只有开通失败的商户可以重试。")


class ChainNotActive(DomainError):
    """Only a chain that is in use can be closed."""

    code = "chain_not_active"
    status = 409
    message = _("只有已开通的商户可以注销。")


def request_chain(*, owner: User, slug: str, name: str, plan: str, first_store_name: str) -> Chain:
    """Note that the owner wants a chain, and have a worker make it. In the public schema; needs an open transaction.

    A slug is never given twice, not even after its chain has been closed: old links and books name it.

    Raises:
        InvalidSlug, ReservedSlug, SlugTaken
    """
    check_slug(slug)
    now = clock.now()
    chain = Chain(
        slug=slug,
        schema_name=schema_name_of(slug),
        name=name.strip(),
        plan=Plan(plan),
        owner=owner,
        first_store_name=first_store_name.strip(),
        created_at=now,
        touched_at=now,
    )
    try:
        with transaction.atomic():
            # Not save(): django-tenants' would ask first whether the name is free, and be none the wiser a moment
            # later.
            Chain.objects.bulk_create([chain])
    except IntegrityError as error:
        raise SlugTaken(slug=slug) from error
    enqueue("chains.provision", chain_id=chain.pk)
    return chain


def retry_chain(*, chain: Chain) -> None:
    """Try a chain again whose provisioning was given up. In the public schema; needs an open transaction.

    Raises:
        ChainNotFailed
    """
    again = Chain.objects.filter(pk=chain.pk, state=ChainState.FAILED).update(
        state=ChainState.REQUESTED, attempts=0, error_code="", touched_at=clock.now()
    )
    if not again:
        raise ChainNotFailed
    enqueue("chains.provision", chain_id=chain.pk)


def close_chain(*, chain: Chain) -> None:
    """Begin a chain's farewell: nobody can log in from now on; a worker exports it and drops its schema.

    In the public schema; needs an open transaction.

    Raises:
        ChainNotActive
    """
    closing = Chain.objects.filter(pk=chain.pk, state=ChainState.ACTIVE).update(
        state=ChainState.CLOSING, attempts=0, error_code="", touched_at=clock.now()
    )
    if not closing:
        raise ChainNotActive
    enqueue("chains.close", chain_id=chain.pk)


def set_entitlements(*, chain_id: int, plan: str, modules: Collection[int]) -> None:
    """Keep what the chain has subscribed to where everybody asks for it.

    In the public schema; needs an open transaction. Web processes remember a chain for seconds (``queries.chain_at``).
    """
    Chain.objects.filter(pk=chain_id).update(plan=plan, modules=sorted(modules))


def note_arrears(*, owing: Collection[int], settled: Collection[int], held_from: date) -> None:
    """Keep on the chains themselves who owes the platform: from ``held_from``, or an earlier day that was set before,
    nothing new is promised to members. Who owes nothing is free at once.

    In the public schema; needs an open transaction.
    """
    if owing:
        Chain.objects.filter(pk__in=owing, held_from=None).update(held_from=held_from)
    if settled:
        Chain.objects.filter(pk__in=settled).exclude(held_from=None).update(held_from=None)


def finish_closing(chain_id: int) -> None:
    """Export a closing chain, settle what others have with it, then drop its schema; the row stays for the books. Opens
    its own transactions.

    Can be repeated after a kill at any point: nothing is dropped before the export is kept and proved, and every app
    has taken leave (``farewells``).

    Raises:
        ExportDiffers, DumpFailed: nothing was dropped; it will be tried again.
    """
    with held(chain_id) as ours:
        if not ours:
            return
        with in_public():
            closing = Chain.objects.filter(pk=chain_id, state=ChainState.CLOSING)
            closing.update(attempts=F("attempts") + 1, touched_at=clock.now())
            chain = closing.first()
        if chain is None:
            return
        if not chain.export_sha256:
            kept = export(
                schema_name=chain.schema_name, name=f"exports/{chain.slug}-{clock.now():%Y%m%dT%H%M%SZ}.sql.gz"
            )
            with in_public():
                closing.update(export_name=kept.name, export_sha256=kept.sha256)
        # Where it is gone a worker died after dropping it, and everybody had taken leave by then.
        if schemas.exists(chain.schema_name):
            with in_public():
                take_leave(chain)
            with in_public(using=OWNER):
                schemas.drop(chain.schema_name)
        with in_public():
            closing.update(state=ChainState.CLOSED, closed_at=clock.now(), touched_at=clock.now())
