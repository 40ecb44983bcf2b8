"""Telling owners of modules that they had for nothing and are to subscribe to: once when that begins, and once more a
week before it ends. In the public schema.
"""

from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from billing.forecasts.models import ToldOfModule
from billing.pricebook.domain import Module
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import price_book_on
from billing.subscriptions.models import Subscription
from billing.subscriptions.queries import Holding, held
from kernel import clock
from kernel.calendar import start_of
from kernel.db import in_public
from kernel.mail.services import post_in_every_language
from kernel.money import Money
from tenants.chains.domain import ChainState

BATCH: Final = 1_000
_LAST: Final = timedelta(days=7)


def announce_gated(*, today: date | None = None) -> int:
    """Tell every owner who has such a module and has not subscribed to it, batch by batch, each in a transaction of its
    own; how many messages.
    """
    today = today or clock.today()
    told = 0
    for module in MODULES.values():
        if module.sold_from is None or module.free_until is None or not module.sold_from <= today < module.free_until:
            continue
        last = today >= module.free_until - _LAST
        while True:
            with in_public():
                waiting = _untold(module, last=last)
                _announce(module, waiting, last=last, today=today)
            told += len(waiting)
            if len(waiting) < BATCH:
                break
    return told


def _untold(module: Module, *, last: bool) -> list[Subscription]:
    """Chains that were there before and have not subscribed. Locked, so that of two runs only one tells."""
    subscribed = Subscription.objects.select_for_update(of=("self",), skip_locked=True).select_related("chain__owner")
    subscribed = subscribed.filter(
        ended_on=None,
        chain__state=ChainState.ACTIVE,
        chain__created_at__lt=start_of(module.sold_from or date.min),
    ).exclude(chain__modules__contains=[module.number])
    told = ToldOfModule.objects.filter(module=module.number, last=last).values("chain_id")
    return list(subscribed.exclude(chain_id__in=told).order_by("pk")[:BATCH])


def _announce(module: Module, subscriptions: list[Subscription], *, last: bool, today: date) -> None:
    now = clock.now()
    ToldOfModule.objects.bulk_create(
        ToldOfModule(chain_id=one.chain_id, module=module.number, last=last, told_at=now) for one in subscriptions
    )
    for holding in held(subscriptions):
        _tell(holding, module, today=today)


def _tell(holding: Holding, module: Module, *, today: date) -> None:
    chain, plan = holding.subscription.chain, holding.terms.plan
    price = price_book_on(day=today).price(module=module.number, plan=plan)

    def write() -> tuple[str, str]:
        values = {
            "chain": chain.name,
            "module": module.name,
            "plan": plan.value,
            "month": Money(price.monthly_fen),
            "setup": Money(price.setup_fen),
            "until": module.free_until,
        }
        subject = _("“%(module)s”可免费用到 %(until)s：%(chain)s") % values
        body = _(
            "“%(module)s”现在是需要订阅的模块（%(plan)s 版每月 %(month)s，开通费 %(setup)s）。"
            "“%(chain)s”尚未订阅，到 %(until)s 前照常免费使用，之后停用："
            "会员已有的积分和套餐不受影响，但不再新积分、不再售套餐。"
            "要继续使用，请在那天之前登录控制台，在“订阅”中开通；不开通不收费。"
        )
        return subject, body % values

    post_in_every_language([chain.owner.email], write)
