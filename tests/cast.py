"""The small cast of chains that tests play with."""

from itertools import count

from django.conf import settings

from billing.pricebook.modules import MODULES
from kernel import clock
from kernel.db import in_chain, in_public
from tenants.chains.domain import ChainState, host_of
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tenants.chains.services import provision, request_chain, set_entitlements
from tenants.people.domain import SYSTEM, UserKind
from tenants.people.models import User
from tenants.stores.services import open_store

_numbers = count(1)


def make_owner() -> User:
    """An owner in public. Has no password: hashing one costs more than the rest of the fixture."""
    email = f"owner{next(_numbers)}@example.cn"
    with in_public():
        owner = User(username=email, email=email, name="沈知远", kind=UserKind.OWNER)
        owner.set_unusable_password()
        owner.save()
    return owner


def request(slug: str, *, name: str = "云杉汽车生活", plan: str = "A", owner: User | None = None) -> Chain:
    """A chain asked for, not yet made."""
    owner = owner or make_owner()
    with in_public():
        return request_chain(owner=owner, slug=slug, name=name, plan=plan, first_store_name="一号店")


def make_chain(slug: str, *, name: str = "云杉汽车生活", plan: str = "A", stores: int = 1) -> Chain:
    """A chain provisioned as a sign-up would, with ``stores`` stores; every module that is sold is on."""
    chain = request(slug, name=name, plan=plan)
    assert provision(chain.pk) is ChainState.ACTIVE
    with in_public():
        sold = [number for number, module in MODULES.items() if module.offered]
        set_entitlements(chain_id=chain.pk, plan=plan, modules=sold)
    forget_hosts()
    with in_chain(chain.schema_name):
        for number in range(2, stores + 1):
            open_store(actor=SYSTEM, code=f"{number:03}", name=f"{number} 号店", opened_on=clock.today())
    with in_public():
        return Chain.objects.select_related("owner").get(pk=chain.pk)


def host(chain: Chain | None) -> str:
    """The host a browser names: the chain's, or the base host."""
    return settings.BASE_DOMAIN if chain is None else host_of(chain.slug, base_domain=settings.BASE_DOMAIN)
