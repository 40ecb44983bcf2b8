"""What a chain chooses for its blank cards."""

from membership.stock.domain import CountCycle
from membership.stock.models import StockPolicy
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


def set_policy(*, actor: Actor, release_when_made: bool, announce_days: int, count_cycle: str) -> StockPolicy:
    """Choose anew. What was made or announced before stays as it was.

    Raises:
        NotAllowed
    """
    require(actor, Act.CARD_TYPE)
    given = {
        "release_when_made": release_when_made,
        "announce_days": max(0, announce_days),
        "count_cycle": CountCycle(count_cycle).value,
    }
    policy, _made = StockPolicy.objects.update_or_create(pk=StockPolicy.ONLY, defaults=given)
    record(actor, "stock.policy", object_type="stock_policy", detail=given)
    return policy
