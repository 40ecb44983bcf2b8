"""The meters. An app above that has something to be charged by the call registers its own when Django starts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.metering.domain import Meter, Rows
from billing.pricebook.modules import MODULES_BY_CODE

_meters: dict[str, Meter] = {}
METERS: Final[Mapping[str, Meter]] = MappingProxyType(_meters)
"""By code."""


def register(meter: Meter) -> None:
    """Have a meter counted in every chain, rated and charged. Registering it again does nothing.

    Raises:
        ValueError: another meter has its code or its module.
    """
    if any(meter != known and (meter.code == known.code or meter.module == known.module) for known in METERS.values()):
        raise ValueError(f"{meter.code}: one meter to a code, and to a module")
    _meters[meter.code] = meter


def also_count(code: str, more: Rows) -> None:
    """Have a meter count further rows. Doing it again does nothing.

    Raises:
        KeyError: no meter has that code.
    """
    meter = _meters[code]
    if more.rows not in meter.rows:
        _meters[code] = meter.with_more(more)


# A posting's id begins with its moment, so the key finds the newest without an index of its own.
_POSTED: Final = """
    FROM {s}.ledger_posting WHERE id >= %(first_id)s::uuid AND created_at >= %(since)s AND actor LIKE 'api:%%'
"""
# The outbox: what the carrier took. Codes that somebody must have to log in are among them.
_TAKEN: Final = "FROM {s}.sms_outgoingtext WHERE state = 'SENT' AND sent_at >= %(since)s"

register(
    Meter(
        code="api",
        name=_("接口写入"),
        module=MODULES_BY_CODE["open_api"].number,
        rows=f"SELECT created_at AS at {_POSTED}",
        listed=f"""
            SELECT created_at, kind, actor {_POSTED} AND created_at < %(until)s ORDER BY id DESC LIMIT %(limit)s
        """,
        subject=_("接口密钥"),
    )
)
register(
    Meter(
        code="sms",
        name=_("短信"),
        module=MODULES_BY_CODE["sms"].number,
        rows=f"SELECT sent_at AS at {_TAKEN}",
        listed=f"""
            SELECT sent_at, template, masked {_TAKEN} AND sent_at < %(until)s
            ORDER BY sent_at DESC, id DESC LIMIT %(limit)s
        """,
        subject=_("手机号"),
    )
)
