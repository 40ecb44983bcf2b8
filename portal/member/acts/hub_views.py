"""The page from which a member reaches what she may do by herself."""

from dataclasses import dataclass
from typing import Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from membership.talks.queries import unread_by_member
from portal.member.access import MemberRequest, members_only
from portal.member.acts.members import member_of
from portal.member.shell import shell


@dataclass(frozen=True, slots=True)
class Matter:
    """One of them, as the page names it."""

    url_name: str
    icon: str
    label: str | Promise
    text: str | Promise


MATTERS: Final = (
    Matter("member:code", "scan", _("会员码"), _("没带卡？到收银台扫这个码。")),
    Matter("member:loss", "warn", _("挂失与找回"), _("卡丢了马上停用；找到了输入密码恢复。")),
    Matter("member:messages", "mail", _("消息"), _("有问题写给门店，回复会显示在这里。")),
    Matter("member:requests", "refund", _("转让与退卡"), _("申请把卡转给别人，或退款退卡，随时看进度。")),
    Matter("member:consents", "check", _("同意与通知"), _("由您决定门店可以怎样联系您。")),
    Matter("member:pin_change", "lock", _("修改密码"), _("登录和柜台消费用的 6 位数字。")),
    Matter("member:passkeys", "key", _("通行密钥"), _("用指纹、面容或锁屏密码登录，不用输密码。")),
    Matter("member:sessions", "shield", _("登录设备"), _("看看谁登录过，不认识的立即结束。")),
)
"""In the order in which they stand on the page."""


@require_safe
@never_cache
@members_only
def services(request: MemberRequest) -> HttpResponseBase:
    """What she may do by herself."""
    context = shell(request, "services") | {"matters": MATTERS, "unread": unread_by_member(member_of(request).pk)}
    return render(request, "member/acts/hub.html", context)
