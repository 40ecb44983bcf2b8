"""What is charged: each card that somebody got by applying, once, at the plan's own fee (R-A13 – R-A15)."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.metering.domain import NO_MODULE, Meter

_GRANTED: Final = "FROM {s}.applications_grantedcard WHERE at >= %(since)s"

GRANTED_CARDS: Final = Meter(
    code="card_application",
    name=_("自助办卡"),
    module=NO_MODULE,
    rows=f"SELECT at {_GRANTED}",
    listed=f"SELECT at, number, actor {_GRANTED} AND at < %(until)s ORDER BY at DESC, id DESC LIMIT %(limit)s",
    subject=_("审核人"),
)
"""No module's price: the fee stands beside them (X-02). Issuing at the counter leaves no such row (R-A14)."""
