"""An owner's chains; another's are as if they were not there."""

from django.http import Http404

from portal.owner.access import OwnerRequest
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain


def own_chain(request: OwnerRequest, slug: str) -> Chain:
    """The owner's chain of that name."""
    chain: Chain | None = Chain.objects.filter(owner=request.user, slug=slug).first()
    if chain is None:
        raise Http404
    return chain


def own_active_chain(request: OwnerRequest, slug: str) -> Chain:
    """The same, where it is in use."""
    chain = own_chain(request, slug)
    if chain.state != ChainState.ACTIVE:
        raise Http404
    return chain
