"""What members wrote: the inbox, one member's thread, and the answer."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership.members.models import Member
from membership.members.services import get_member
from membership.talks import queries, services
from membership.talks.domain import LONGEST
from membership.talks.models import Thread
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.paging import place_asked
from tenants.people.domain import Act

_A_PAGE: Final = 30
_MESSAGES: Final = 30
_FIELDS: Final = dict.fromkeys(("message_empty", "message_too_long"), "text")


class AnswerForm(forms.Form):
    """What the shop writes."""

    text = forms.CharField(label=gettext_lazy("写给会员"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))


@require_safe
@staff_only(Act.MEMBER_CREATE)
def inbox(request: DeskRequest) -> HttpResponseBase:
    """Who waits for an answer, the longest first; or every thread, the latest first."""
    only_waiting = request.GET.get("which", "waiting") == "waiting"
    offset = min(place_asked(request) or 0, 100_000)
    page = queries.page_of_threads(only_waiting=only_waiting, size=_A_PAGE + 1, offset=offset)
    context: dict[str, Any] = {
        "threads": [_row(thread) for thread in page[:_A_PAGE]],
        "which": "waiting" if only_waiting else "all",
        "nav": "messages",
    }
    if len(page) > _A_PAGE:
        context["next_url"] = f"?which={context['which']}&before={offset + _A_PAGE}"
    return render(request, "desk/messages.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.MEMBER_CREATE)
def thread(request: DeskRequest, code: str) -> HttpResponseBase:
    """A member's thread; writing answers what waited.

    Raises:
        MemberNotFound
    """
    member = get_member(code)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        store_id = working_store(request, Act.MEMBER_CREATE)
        written = attempt(
            form,
            lambda: services.answer(
                actor=request.desk.actor, member=member, text=form.cleaned_data["text"], store_id=store_id
            ),
            fields=_FIELDS,
        )
        if written is not None:
            messages.success(request, _("已发送，会员下次打开就能看到。"))
            return redirect("desk:message_thread", code=member.code)
    page = queries.page_of_messages(member.pk, size=_MESSAGES + 1, before=place_asked(request))
    context: dict[str, Any] = {
        "member": {"name": member.name, "code": member.code, "erased_at": member.erased_at},
        "messages_shown": page[:_MESSAGES],
        "waits": queries.waiting_threads().filter(member=member).exists(),
        "form": form,
        "nav": "messages",
    }
    if len(page) > _MESSAGES:
        context["older_url"] = f"?before={page[_MESSAGES - 1].pk}"
    return render(request, "desk/message_thread.html", context, status=status_of(form))


@require_POST
@staff_only(Act.MEMBER_CREATE)
def no_answer(request: DeskRequest, code: str) -> HttpResponseBase:
    """What she wrote is read and wants no answer.

    Raises:
        MemberNotFound, NotAllowed
    """
    member: Member = get_member(code)
    store_id = working_store(request, Act.MEMBER_CREATE)
    services.needs_no_answer(actor=request.desk.actor, member=member, store_id=store_id)
    return redirect("desk:messages")


def _row(found: Thread) -> dict[str, Any]:
    return {
        "code": found.member.code,
        "name": found.member.name,
        "last_at": found.last_at,
        "waiting_since": found.waiting_since,
        "unread": found.desk_unread,
        "last_text": found.last_text,  # type: ignore[attr-defined]  # annotated
    }
