"""What an owner can do with a chain: ask for one, see it made, close it."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.tasks import enqueue
from tenants.chains.domain import ChainState, Plan, check_slug, schema_name_of
from tenants.chains.models import Chain
from tenants.chains.provisioning import provision
from tenants.people.models import User

__all__ = ["ChainNotFailed", "SlugTaken", "provision", "request_chain", "retry_chain"]


class SlugTaken(DomainError):
    """Another chain has, or had, that slug."""

    code = "slug_taken"
    status = 409
    message = _("网址名“{slug}”已被使用,请换一个。")


class ChainNotFailed(DomainError):
    """Only a chain whose provisioning was given up can be tried again."""

    code = "chain_not_failed"
    status = 409
    message = _("只有开通失败的商户可以重试。")


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
            # Not save(): django-tenants' would ask first whether the name is free, and be none the wiser a moment later.
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
