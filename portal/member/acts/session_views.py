"""From where a member is logged in, and ending that."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from membership.devices.domain import device_words
from membership.devices.models import CardSession
from membership.devices.queries import sessions_of_member
from membership.devices.services import sessions
from portal.member.access import MemberRequest, members_only
from portal.member.acts.members import member_of
from portal.member.shell import shell

_LONGEST_KEY = 18


@require_safe
@never_cache
@members_only
def session_list(request: MemberRequest) -> HttpResponseBase:
    """Who is in with one of her cards, and who was."""
    rows = [_row(session, current=request.session_key) for session in sessions_of_member(member_of(request).pk)]
    context = shell(request, "services") | {
        "open": [row for row in rows if row["is_open"]],
        "past": [row for row in rows if not row["is_open"]],
        # With one card there is nothing to tell apart.
        "show_card": len({row["card_number"] for row in rows}) > 1,
    }
    return render(request, "member/acts/sessions.html", context)


@require_POST
@members_only
def session_end(request: MemberRequest) -> HttpResponseBase:
    """End the session that was chosen, or all but this one. Another member's does not exist for her."""
    key = request.POST.get("session", "")
    if not key:
        sessions.revoke_others(member_id=member_of(request).pk, keep=request.session_key)
        messages.success(request, _("其他登录已全部结束。"))
    elif key.isdecimal() and len(key) <= _LONGEST_KEY:
        if sessions.revoke_session(member_id=member_of(request).pk, key=int(key)):
            messages.success(request, _("该登录已结束。如果不是您本人，请马上修改密码。"))
        else:
            messages.info(request, _("该登录先前已经结束。"))
    return redirect("member:sessions")


def _row(session: CardSession, *, current: int) -> dict[str, Any]:
    is_open: bool = session.is_open  # type: ignore[attr-defined]
    ended = session.get_ended_how_display()
    if not ended and not is_open:
        changed = session.pin_version != session.card.pin_version
        ended = _("密码更改后失效") if changed else _("超时自动退出")
    return {
        "key": session.pk,
        "card_number": session.card.number,
        "device": device_words(session.device),
        "place": session.place,
        "way_label": session.get_way_display(),
        "opened_at": session.opened_at,
        "seen_at": session.seen_at,
        "is_open": is_open,
        "is_current": session.pk == current,
        "ended_label": ended,
    }
