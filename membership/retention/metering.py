"""What of retention is charged: each delivery of old records."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.metering.domain import Meter
from billing.pricebook.modules import MODULES_BY_CODE

_DELIVERED: Final = "FROM {s}.retention_retrieval WHERE state = 'DONE' AND delivered_at >= %(since)s"

DELIVERIES: Final = Meter(
    code="archives",
    name=_("档案交付"),
    module=MODULES_BY_CODE["archive_retrieval"].number,
    rows=f"SELECT delivered_at AS at {_DELIVERED}",
    listed=f"""
        SELECT delivered_at, first_day || ' – ' || last_day, id::text {_DELIVERED} AND delivered_at < %(until)s
        ORDER BY delivered_at DESC, id DESC LIMIT %(limit)s
    """,
    subject=_("调取编号"),
)
