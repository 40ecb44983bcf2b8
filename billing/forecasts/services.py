"""Telling owners in time. In the public schema; each needs an open transaction, but for ``warn_all``."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from billing.accounts.domain import GRACE
from billing.forecasts.domain import Forecast, Level
from billing.forecasts.models import Warned
from billing.forecasts.queries import forecasts_of, levels_of
from kernel import clock
from kernel.db import in_public
from kernel.mail.services import post_in_every_language
from kernel.money import Money
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain

BATCH: Final = 1_000


def warn_all(*, today: date | None = None) -> int:
    """Look at every subscribed chain, batch by batch, each in a transaction of its own; how many owners were told."""
    today, told, after = today or clock.today(), 0, 0
    while True:
        with in_public():
            active = Chain.objects.filter(state=ChainState.ACTIVE, pk__gt=after, subscription__ended_on=None)
            active = active.filter(subscription__isnull=False)
            chain_ids = list(active.order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not chain_ids:
                return told
            told += warn(chain_ids, today=today)
        after = chain_ids[-1]


def warn(chain_ids: Sequence[int], *, today: date) -> int:
    """Tell the owners of those that have come nearer to owing than they were told; how many. Once at each level."""
    list(Warned.objects.select_for_update().filter(chain_id__in=chain_ids).order_by("pk"))
    expected = forecasts_of(chain_ids, today=today)
    before = levels_of(chain_ids)
    changed = {chain_id: found for chain_id, found in expected.items() if found.level != before[chain_id]}
    _keep(changed)
    nearer = [chain_id for chain_id, found in changed.items() if found.level > before[chain_id]]
    for chain in Chain.objects.filter(pk__in=nearer).select_related("owner").order_by("pk"):
        _tell(chain, changed[chain.pk])
    return len(nearer)


def _keep(changed: Mapping[int, Forecast]) -> None:
    now = clock.now()
    Warned.objects.bulk_create(
        [Warned(chain_id=chain_id, level=found.level, since=now) for chain_id, found in changed.items()],
        update_conflicts=True,
        unique_fields=["chain"],
        update_fields=["level", "since"],
    )


def _tell(chain: Chain, found: Forecast) -> None:
    post_in_every_language([chain.owner.email], lambda: (_subject(chain, found), _body(chain, found)))


def _subject(chain: Chain, found: Forecast) -> str:
    if found.level == Level.HELD:
        return _("账户欠费，部分业务已暂停：%(chain)s") % {"chain": chain.name}
    if found.level == Level.OWING:
        return _("账户已欠费：%(chain)s") % {"chain": chain.name}
    return _("账户余额不足：%(chain)s") % {"chain": chain.name}


def _body(chain: Chain, found: Forecast) -> str:
    values = {
        "chain": chain.name,
        "prepaid": Money(found.standing.prepaid_fen),
        "arrears": Money(found.standing.arrears_fen),
        "daily": Money(found.daily_fen),
        "next": Money(found.next_fen),
        "day": found.next_on,
        "until": found.lasts_until,
        "held_from": found.held_from,
        "grace": GRACE.days,
    }
    if found.level == Level.HELD:
        return (
            _(
                "“%(chain)s”欠费 %(arrears)s 已超过 %(grace)s 天，制卡、发卡、充值和收预存已暂停。"
                "消费、退款、挂失与查询照常。请登录控制台充值，付清后立即恢复。"
            )
            % values
        )
    if found.level == Level.OWING:
        return (
            _(
                "“%(chain)s”欠费 %(arrears)s。请在 %(held_from)s 前登录控制台充值，"
                "否则从那天起暂停制卡、发卡、充值和收预存。会员卡里的钱不受影响。"
            )
            % values
        )
    return (
        _(
            "“%(chain)s”的账户余额为 %(prepaid)s，按目前用量预计到 %(until)s 不够支付。"
            "下一期 %(day)s 开始，月费 %(next)s；调用费近来平均每天 %(daily)s。请登录控制台充值，或开启自动充值。"
        )
        % values
    )
