"""Telling owners of price books that are to come, before they begin. In the public schema; each needs an open
transaction, but for ``announce_all``.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from billing.forecasts.domain import PriceStep
from billing.forecasts.models import ToldOfPrices
from billing.forecasts.queries import step_of
from billing.pricebook.domain import ModulePrice, PriceBook
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import books_after
from billing.subscriptions.models import Subscription
from billing.subscriptions.queries import held
from kernel import clock
from kernel.db import in_public
from kernel.errors import listed
from kernel.mail.services import post_in_every_language
from kernel.money import Money
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain

BATCH: Final = 1_000


def announce_all(*, today: date | None = None) -> int:
    """Tell every owner of every approved book that has yet to begin, batch by batch, each in a transaction of its own;
    how many messages. Whoever subscribes meanwhile is told by the next run.
    """
    today = today or clock.today()
    told = 0
    for book in books_after(day=today):
        while True:
            with in_public():
                waiting = _untold(book)
                announce(book, waiting)
            told += len(waiting)
            if len(waiting) < BATCH:
                break
    return told


def announce(book: PriceBook, subscriptions: Sequence[Subscription]) -> None:
    """Tell the owners of these chains what the book means for them, and remember that they know."""
    now = clock.now()
    ToldOfPrices.objects.bulk_create(
        ToldOfPrices(chain_id=one.chain_id, version=book.version, told_at=now) for one in subscriptions
    )
    chains = Chain.objects.select_related("owner").in_bulk([one.chain_id for one in subscriptions])
    for holding in held(subscriptions):
        _tell(chains[holding.subscription.chain_id], step_of(holding, book))


def _untold(book: PriceBook) -> list[Subscription]:
    """Locked, so that of two runs only one tells."""
    subscribed = Subscription.objects.select_for_update(of=("self",), skip_locked=True)
    subscribed = subscribed.filter(ended_on=None, chain__state=ChainState.ACTIVE)
    told = ToldOfPrices.objects.filter(version=book.version).values("chain_id")
    return list(subscribed.exclude(chain_id__in=told).order_by("pk")[:BATCH])


def _tell(chain: Chain, step: PriceStep) -> None:
    def write() -> tuple[str, str]:
        values = {
            "chain": chain.name,
            "version": step.book.version,
            "day": step.book.effective_from,
            "from": step.holds_from,
            "was": Money(step.month_before_fen),
            "will": Money(step.month_fen),
        }
        subject = _("价格将从 %(day)s 起调整：%(chain)s") % values
        return subject, "\n".join(
            [_opening(step) % values, *(_said(*pair) for pair in step.changed), _closing() % values]
        )

    post_in_every_language([chain.owner.email], write)


def _opening(step: PriceStep) -> str:
    if any(step.changed):
        return _(
            "新价目 %(version)s 从 %(day)s 起生效。“%(chain)s”现在这一期不变，"
            "从 %(from)s 开始的一期起按新价目计费：每月 %(was)s 改为 %(will)s。"
        )
    return _("新价目 %(version)s 从 %(day)s 起生效。“%(chain)s”已订阅的模块价格不变，每月仍为 %(will)s。")


def _closing() -> str:
    return _("%(day)s 起新开通的模块按新价目收费。全部价格见控制台的“价格一览”；可随时在“订阅”中更改版本或停用模块。")


def _said(was: ModulePrice, will: ModulePrice) -> str:
    parts = [
        (_("开通"), was.setup_fen, will.setup_fen),
        (_("每月"), was.monthly_fen, will.monthly_fen),
        (_("每次"), was.per_call_fen, will.per_call_fen),
    ]
    changed = listed([f"{unit} {Money(old)} → {Money(new)}" for unit, old, new in parts if old != new])
    return f"{MODULES[will.module].name} {will.plan}：{changed}"
