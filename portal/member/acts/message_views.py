"""What a member and the shop write to each other."""

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from membership.talks.queries import page_of_messages
from membership.talks.services import note_seen, write
from portal.attempts import attempt, status_of
from portal.member.access import MemberRequest, members_only
from portal.member.acts.forms import MessageForm
from portal.member.acts.members import member_of
from portal.member.shell import shell

_A_PAGE = 20
_LONGEST_KEY = 18


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@members_only
def thread(request: MemberRequest) -> HttpResponseBase:
    """The thread, the latest first, and a field to write. What the shop wrote is seen by that."""
    member = member_of(request)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        written = attempt(form, lambda: write(member=member, text=form.cleaned_data["text"]), fields=_FIELDS)
        if written is not None:
            return redirect("member:messages")
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) <= _LONGEST_KEY else None
    page = page_of_messages(member.pk, size=_A_PAGE + 1, before=before)
    if request.method == "GET":
        note_seen(member=member)
    context = shell(request, "services") | {"form": form, "messages_shown": page[:_A_PAGE]}
    if len(page) > _A_PAGE:
        context["older_url"] = f"?before={page[_A_PAGE - 1].pk}"
    return render(request, "member/acts/messages.html", context, status=status_of(form))


_FIELDS = dict.fromkeys(("message_empty", "message_too_long"), "text")
