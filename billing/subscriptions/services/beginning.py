"""A subscription begins with the chain."""

from collections.abc import Collection

from billing.accounts.services import open_accounts
from billing.pricebook.domain import Plan
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import Terms, check_terms, first_charge, period_at
from billing.subscriptions.models import Subscription
from billing.subscriptions.services.charging import Bill, note_setups, take
from billing.subscriptions.services.holding import keep_terms
from kernel import clock
from tenants.audit.services import record
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM


def begin_missing(*, limit: int = 200) -> int:
    """Begin the subscription of chains that have come into being since; how many."""
    waiting = Chain.objects.filter(state=ChainState.ACTIVE, subscription=None).order_by("pk")
    chains = list(waiting.select_for_update(of=("self",), skip_locked=True)[:limit])
    for chain in chains:
        begin(chain=chain, modules=[number for number in chain.modules if MODULES[number].offered])
    return len(chains)


def begin(*, chain: Chain, modules: Collection[int] = ()) -> Subscription:
    """Subscribe a chain to the plan it signed up for, from today. A chain that is subscribed stays as it is.

    The first period is charged at once; what the account lacks is owed, so that the shop can begin before it has paid.

    Raises:
        ModuleNotOffered: one of the modules does not work yet; nothing was begun.
    """
    existing = Subscription.objects.filter(chain=chain).first()
    if existing is not None:
        return existing
    today = clock.today()
    period = period_at(anchor=today, day=today)
    terms = Terms.of(Plan(chain.plan), modules)
    check_terms(terms, floor=Plan.A)
    subscription = Subscription.objects.create(
        chain=chain,
        anchor=today,
        period_start=period.start,
        period_end=period.end,
        plan=terms.plan,
        next_plan=terms.plan,
    )
    open_accounts(chain_ids=[chain.pk])
    lines = first_charge(terms=terms, period=period, book=price_book_on(day=today))
    take([Bill(chain.pk, f"begin:{chain.pk}", lines, period, may_owe=True)], today=today)
    keep_terms(subscription, now=terms, then=terms)
    note_setups(subscription.pk, lines)
    detail = {
        "plan": terms.plan,
        "modules": sorted(terms.modules),
        "charged_fen": sum(line.amount_fen for line in lines),
    }
    record(SYSTEM, "subscription.begin", object_type="chain", object_id=chain.slug, detail=detail)
    return subscription
