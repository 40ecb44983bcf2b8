"""Keeping terms: on the subscription's own rows, and as a snapshot on the chain, which is what everybody asks."""

from billing.subscriptions.domain import Terms
from billing.subscriptions.models import SubscribedModule, Subscription
from tenants.chains.services import set_entitlements


def keep_terms(subscription: Subscription, *, now: Terms, then: Terms) -> None:
    """Write both sets of terms down: in force now, and from the period's end."""
    Subscription.objects.filter(pk=subscription.pk).update(plan=now.plan, next_plan=then.plan)
    SubscribedModule.objects.bulk_create(
        [
            SubscribedModule(
                subscription_id=subscription.pk,
                module=module,
                plan=now.modules.get(module, ""),
                next_plan=then.modules.get(module, ""),
            )
            for module in sorted(now.modules.keys() | then.modules.keys())
        ],
        update_conflicts=True,
        unique_fields=["subscription", "module"],
        update_fields=["plan", "next_plan"],
    )
    gone = SubscribedModule.objects.filter(subscription_id=subscription.pk)
    gone.exclude(module__in=now.modules.keys() | then.modules.keys()).exclude(plan="", next_plan="").update(
        plan="", next_plan=""
    )
    set_entitlements(chain_id=subscription.chain_id, plan=now.plan, modules=sorted(now.modules))
