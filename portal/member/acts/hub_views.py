"""The page from which a member reaches what she may do by herself."""

from dataclasses import dataclass
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.member.access import MemberRequest, members_only
from portal.member.shell import shell


@dataclass(frozen=True, slots=True)
class Matter:
    """One of them, as the page names it."""

    url_name: str
    icon: str
    label: str | Promise
    text: str | Promise


MATTERS: Final = (
    Matter("member:loss", "warn", _("挂失与找回"), _("卡丢了马上停用；找到了输入密码恢复。")),
    Matter("member:pin_change", "lock", _("修改密码"), _("登录和柜台消费用的 6 位数字。")),
    Matter("member:sessions", "shield", _("登录设备"), _("看看谁登录过，不认识的立即结束。")),
)
"""In the order in which they stand on the page."""


@require_safe
@never_cache
@members_only
def services(request: MemberRequest) -> HttpResponseBase:
    """What she may do by herself."""
    return render(request, "member/acts/hub.html", shell(request, "services") | {"matters": MATTERS})
