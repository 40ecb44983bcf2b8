"""The demo owner pays: through the payment service's page as any owner would, the service being simulated."""

from datetime import timedelta
from typing import Final

from billing.payments import services
from billing.payments.domain import Method
from billing.payments.models import Attempt
from billing.simulator import paying
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from tenants.chains.models import Chain
from tenants.people.domain import Actor

_BACK: Final = "http://localhost/console/"


def top_up(chain: Chain, *, fen: int, days_ago: int, method: Method = Method.ALIPAY, pays: bool = True) -> None:
    """One top-up, begun so many days ago, paid or left."""
    with in_public():
        if Attempt.objects.filter(chain=chain, amount_fen=fen, method=method).exists():
            return
    owner = Actor(kind="owner", id=chain.owner_id, name=chain.owner.name)
    with clock.frozen(clock.now() - timedelta(days=days_ago)):
        attempt = services.start_top_up(
            actor=owner,
            chain_id=chain.pk,
            attempt_id=uuid7(),
            amount_fen=fen,
            method=method,
            back=_BACK,
            language="zh-hans",
        )
        with in_public():
            (paying.pay if pays else paying.abandon)(attempt.object_id)
        services.look_at(attempt.pk, at_once=True)
