"""The owner changes plan or modules."""

from billing.subscriptions.domain import Change, Terms, check_terms
from billing.subscriptions.errors import NotSubscribed, QuoteChanged
from billing.subscriptions.locks import lock_subscription
from billing.subscriptions.queries import Holding, held, quote
from billing.subscriptions.services.calls import charge_calls_of
from billing.subscriptions.services.charging import Bill, note_setups, take
from billing.subscriptions.services.holding import keep_terms
from billing.subscriptions.services.renewing import renew
from kernel import clock
from tenants.audit.services import record
from tenants.chains.models import Chain
from tenants.people.domain import Actor


def bring_current(*, chain_id: int) -> Holding:
    """Lock the chain's subscription and charge what is over, should the timer not have been there yet: whatever is said
    of a change then belongs to the period that runs.

    Raises:
        NotSubscribed
    """
    subscription = lock_subscription(chain_id)
    if subscription is None or subscription.ended_on is not None:
        raise NotSubscribed
    today = clock.today()
    charge_calls_of([subscription], today=today)
    return held(renew([subscription], today=today))[0]


def change_terms(*, actor: Actor, chain: Chain, wanted: Terms, digest: str, open_stores: int | None = None) -> Change:
    """Change what the chain is subscribed to, at the price the owner has seen.

    ``open_stores``: how many are open at this moment, where the caller has counted; else as the timer counted last.
    ``digest`` is that of the quote he agreed to. What is added holds at once and is taken from the account, which must
    cover it; what is taken away stays until the period ends.

    Raises:
        NotSubscribed, TermsBelowFloor, ModuleNotOffered, ModuleAlwaysOn
        QuoteChanged: it would cost or do anything else than was shown.
        AccountTooLow: top up first; nothing was changed.
    """
    today = clock.today()
    holding = bring_current(chain_id=chain.pk)
    if open_stores is not None:
        holding = holding.with_stores(open_stores)
    kept = holding.terms.modules.keys()
    check_terms(wanted, floor=holding.floor, kept=kept)
    change = quote(holding, wanted, today=today)
    if change.digest != digest:
        raise QuoteChanged
    key = f"change:{chain.pk}:{change.digest}"
    take([Bill(chain.pk, key, change.now, change.period, may_owe=False, actor=actor)], today=today)
    keep_terms(holding.subscription, now=change.terms_now, then=change.terms_next)
    note_setups(holding.subscription.pk, change.now)
    detail = {
        "plan": [holding.terms.plan, change.terms_next.plan],
        "modules": [sorted(kept), sorted(change.terms_next.modules)],
        "charged_fen": change.total_fen,
    }
    record(actor, "subscription.change", object_type="chain", object_id=chain.slug, detail=detail)
    return change
