"""Telling the owner at once what a store that was opened will cost: the billing run charges it within the hour."""

from typing import Any

from django.utils.translation import gettext as _

from billing.subscriptions.domain import ChargeKind
from billing.subscriptions.queries import Raise
from kernel.mail.services import post_in_every_language
from kernel.money import Money


def announce_floor(*, to: str, chain_name: str, store_name: str, open_stores: int, raised: Raise) -> None:
    """Put the notice in the outbox of the schema at hand, in its transaction (R-A19, X-06)."""
    values: dict[str, Any] = {
        "chain": chain_name,
        "store": store_name,
        "count": open_stores,
        "plan": raised.plan.value,
        "monthly": Money(raised.monthly_fen),
        "day": raised.day,
        "agreed": raised.agreed.value,
    }
    change = raised.change
    if change is None:
        post_in_every_language([to], lambda: _of_coming(values))
        return
    values |= {
        "setup": Money(sum(line.amount_fen for line in change.now if line.kind == ChargeKind.SETUP)),
        "month": Money(sum(line.amount_fen for line in change.now if line.kind == ChargeKind.MONTH)),
        "total": Money(change.total_fen),
    }

    def write() -> tuple[str, str]:
        subject = _("门店增至 %(count)s 家，将升为 %(plan)s 版：%(chain)s") % values
        body = _(
            "“%(chain)s”新开了门店“%(store)s”，营业门店达到 %(count)s 家，超出现行版本，"
            "将在一小时内自动升为 %(plan)s 版。"
            "届时从商户账户扣除 %(total)s：开通费差额 %(setup)s，本期剩余天数的月费差额 %(month)s；"
            "以后每月 %(monthly)s。账户余额不足的部分记为欠费，请及时充值。"
        )
        return subject, body % values

    post_in_every_language([to], write)


def _of_coming(values: dict[str, Any]) -> tuple[str, str]:
    """Nothing is charged now; what was agreed for later is raised."""
    subject = _("门店增至 %(count)s 家，%(day)s 起须为 %(plan)s 版：%(chain)s") % values
    body = _(
        "“%(chain)s”新开了门店“%(store)s”，营业门店达到 %(count)s 家。"
        "原定 %(day)s 起改为 %(agreed)s 版；%(agreed)s 版不够这么多门店使用，届时将改为 %(plan)s 版，每月 %(monthly)s。"
        "现在不扣款。"
    )
    return subject, body % values
