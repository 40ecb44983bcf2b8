"""Looking ahead: a few statements for one chain as for thousands."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.db.models import Sum

from billing.accounts.queries import standings
from billing.forecasts.domain import (
    HORIZON_DAYS,
    LOOKED_BACK_DAYS,
    Forecast,
    Level,
    PriceStep,
    first_period_from,
    forecast,
)
from billing.forecasts.models import Warned
from billing.pricebook.domain import PriceBook
from billing.pricebook.queries import books_after, price_book_on
from billing.subscriptions.domain import ChargeKind, monthly_fen, period_at
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.queries import Holding, held, holding_of
from tenants.chains.models import Chain


def forecasts_of(chain_ids: Sequence[int], *, today: date) -> dict[int, Forecast]:
    """By chain; those that are not subscribed are missing. Five queries."""
    subscriptions = list(Subscription.objects.filter(chain_id__in=chain_ids, ended_on=None))
    holdings = {holding.subscription.chain_id: holding for holding in held(subscriptions)}
    standing = standings(list(holdings))
    calls = _calls(list(holdings), today)
    held_from = dict(Chain.objects.filter(pk__in=list(holdings)).values_list("pk", "held_from"))
    return {
        chain_id: forecast(
            standing=standing[chain_id],
            calls_fen=calls.get(chain_id, 0),
            periods=_priced(holding, _periods(holding, today)),
            today=today,
            held_from=held_from[chain_id],
        )
        for chain_id, holding in holdings.items()
    }


def forecast_of(chain_id: int, *, today: date) -> Forecast | None:
    """One chain's; None where it is not subscribed."""
    return forecasts_of([chain_id], today=today).get(chain_id)


def levels_of(chain_ids: Sequence[int]) -> dict[int, Level]:
    """At which level each chain's owner was told that it stands; by chain."""
    kept = dict(Warned.objects.filter(chain_id__in=chain_ids).values_list("chain_id", "level"))
    return {chain_id: Level(kept.get(chain_id, Level.FINE)) for chain_id in chain_ids}


def coming_prices(chain_id: int, *, today: date) -> list[PriceStep]:
    """The approved books that the chain's periods do not follow yet, the next first. No query where there is none.

    Raises:
        NotSubscribed
    """
    # The period that runs keeps the prices it began with, and is no longer than this.
    if not books_after(day=today - timedelta(days=31)):
        return []
    holding = holding_of(chain_id)
    steps = (step_of(holding, book) for book in books_after(day=holding.period.start))
    return [step for step in steps if step.holds_from > today]


def step_of(holding: Holding, book: PriceBook) -> PriceStep:
    """What a book that is to come means for this chain."""
    return PriceStep(
        book=book,
        before=price_book_on(day=book.effective_from - timedelta(days=1)),
        terms=holding.terms_next,
        holds_from=first_period_from(anchor=holding.subscription.anchor, day=book.effective_from),
    )


def _calls(chain_ids: Sequence[int], today: date) -> Mapping[int, int]:
    metered = (ChargeKind.CALLS, ChargeKind.APPLICATION)
    since = today - timedelta(days=LOOKED_BACK_DAYS)
    found = Charge.objects.filter(chain_id__in=chain_ids, charged_on__gt=since, kind__in=metered)
    return dict(found.values_list("chain_id").annotate(fen=Sum("amount_fen")))


def _periods(holding: Holding, today: date) -> list[date]:
    """When periods begin, from the next on, for as long as is looked ahead. One that the billing run has yet to charge
    begins tomorrow.
    """
    anchor = holding.subscription.anchor
    begins = [max(holding.period.end, today + timedelta(days=1))]
    while begins[-1] <= today + timedelta(days=HORIZON_DAYS):
        begins.append(period_at(anchor=anchor, day=begins[-1]).end)
    return begins


def _priced(holding: Holding, begins: Sequence[date]) -> list[tuple[date, int]]:
    """What the month of each costs, by the book that holds when it begins: one that is approved is known already."""
    months: dict[str, int] = {}
    priced = []
    for day in begins:
        book = price_book_on(day=day)
        if book.version not in months:
            months[book.version] = monthly_fen(holding.terms_next, book)
        priced.append((day, months[book.version]))
    return priced
