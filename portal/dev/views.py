"""The mail and text messages that have nowhere to go on one's own machine, to read in the browser."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel.mail.models import OutgoingMail
from kernel.sms.models import OutgoingText, TextState
from kernel.sms.services import read
from portal.dev.guard import local_only

_LATEST = 100


@require_safe
@local_only
def mail_list(request: HttpRequest) -> HttpResponse:
    """The latest mails of this host's schema."""
    mails = [_shown(mail) for mail in OutgoingMail.objects.order_by("-created_at", "-pk")[:_LATEST]]
    return render(request, "dev/mail_list.html", {"mails": mails, "layout": _layout(request)})


@require_safe
@local_only
def mail_detail(request: HttpRequest, mail_id: int) -> HttpResponse:
    """One mail, its links ready to follow."""
    mail = OutgoingMail.objects.filter(pk=mail_id).first()
    if mail is None:
        raise Http404
    return render(request, "dev/mail_detail.html", {"mail": _shown(mail), "layout": _layout(request)})


@require_safe
@local_only
def sms_list(request: HttpRequest) -> HttpResponse:
    """The latest text messages of this chain, as they read."""
    kept = OutgoingText.objects.filter(state=TextState.KEPT).order_by("-created_at", "-pk")[:_LATEST]
    texts = [{"created_at": text.created_at, **read(text)} for text in kept]
    return render(request, "dev/sms_list.html", {"texts": texts, "layout": _layout(request)})


def _layout(request: HttpRequest) -> str:
    on_chain = request.chain is not None  # type: ignore[attr-defined]
    return "layouts/gate.html" if on_chain else "layouts/public.html"


def _shown(mail: OutgoingMail) -> dict[str, object]:
    return {
        "id": mail.pk,
        "to": ", ".join(mail.recipients),
        "subject": mail.subject,
        "body": mail.body,
        "created_at": mail.created_at,
        "sent_at": mail.sent_at,
    }
