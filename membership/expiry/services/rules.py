"""The chain's rules of expiry."""

from typing import Any

from membership.expiry.models import ExpiryPolicy
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

RULES = "expiry.rules"


def set_rules(*, actor: Actor, **fields: Any) -> ExpiryPolicy:
    """Change the chain's rules. Notices that were given stand: points they name never go sooner (R-G02).

    Raises:
        NotAllowed
    """
    require(actor, Act.VALUE_POLICY)
    rules = ExpiryPolicy.objects.select_for_update().get(id=ExpiryPolicy.ONLY)
    changed = {name: value for name, value in fields.items() if getattr(rules, name) != value}
    for name, value in changed.items():
        setattr(rules, name, value)
    if changed:
        rules.save(update_fields=list(changed))
        record(actor, RULES, object_type="expiry", object_id="rules", detail=changed)
    return rules
