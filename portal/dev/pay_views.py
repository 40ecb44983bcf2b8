"""Where the simulated payment service receives payers: pay, be declined, prove oneself to one's bank, or leave."""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.simulator import paying
from billing.simulator.store import Missing
from portal.dev.guard import local_only

_LAST4: Final = "4242"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@local_only
def page(request: HttpRequest, session_id: str) -> HttpResponse:
    """The page of one session; what the payer does there."""
    try:
        session = paying.open_session(session_id)
        if request.method == "POST" and session["status"] == "open":
            return _act(request, session, request.POST.get("act", ""))
    except Missing:
        raise Http404 from None
    if session["status"] != "open":
        return redirect(session["success_url"])
    return _shown(request, session, "declined" if session.get("declined") else "")


def _act(request: HttpRequest, session: dict[str, Any], act: str) -> HttpResponse:
    code = session["id"]
    if act == "challenge":
        return _shown(request, session, "challenge")
    if act == "decline":
        return _shown(request, paying.decline(code), "declined")
    if act == "abandon":
        paying.abandon(code)
    elif session["mode"] == "setup":
        paying.leave_card(code, request.POST.get("last4", _LAST4))
    elif act == "pay":
        paying.pay(code)
    return redirect(session["success_url"])


def _shown(request: HttpRequest, session: dict[str, Any], said: str) -> HttpResponse:
    context = {
        "session": session,
        "amount_fen": session["amount_total"],
        "is_setup": session["mode"] == "setup",
        "said": said,
        "cards": [{"last4": last4, "problem": problem or ""} for last4, problem in paying.CARDS.items()],
    }
    return render(request, "dev/pay.html", context)
