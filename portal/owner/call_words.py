"""Metered calls in words: what was done, and by which key or person."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.metering.queries import Call
from kernel.db import qualified, quote_schema
from membership.tills.domain import POSTING_LABELS
from portal.actors import shown_name

_MESSAGES: Final[Mapping[str, Promise]] = {
    "pin_code": _("密码验证码"),
    "phone_changed": _("手机号更改通知"),
    "apply_code": _("办卡验证码"),
    "apply_pin": _("设置密码的链接"),
    "apply_lapsed": _("办卡申请逾期未领"),
    "apply_received": _("办卡申请已收到"),
    "apply_rejected": _("办卡申请未通过"),
    "points_clearing": _("积分清零提醒"),
    "card_dormant": _("休眠卡提醒"),
}
"""Text messages by the name of their text."""
_WORDS: Final[Mapping[str, str | Promise]] = {**POSTING_LABELS, **_MESSAGES, "MEMBER_BATCH": _("同步会员")}
_NAMES: Final = """
    SELECT 'api:' || id, name FROM {s}.people_apikey
    UNION ALL SELECT 'staff:' || id, name FROM {s}.people_user
"""


def worded(schema_name: str, calls: Sequence[Call]) -> list[Call]:
    """The calls as their chain knows them; what has no name stays as it is. At most one query."""
    names = _names(schema_name) if any(":" in call.subject for call in calls) else {}
    return [
        call._replace(
            what=str(_WORDS.get(call.what, call.what)), subject=shown_name(call.subject, names.get(call.subject, ""))
        )
        for call in calls
    ]


def _names(schema_name: str) -> dict[str, str]:
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_NAMES.replace("{s}", quote_schema(schema_name)))
        return {str(actor): str(name) for actor, name in cursor.fetchall()}
