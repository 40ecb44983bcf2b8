"""A chain comes into being."""

from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.stores.models import Store


def test_a_chain_has_its_owner_and_store(chain: Chain, in_chain) -> None:
    assert chain.state == ChainState.ACTIVE
    with in_chain():
        assert Store.objects.count() == 1


def test_2(chain, chain_of_6):
    pass


def test_3(chain):
    pass
