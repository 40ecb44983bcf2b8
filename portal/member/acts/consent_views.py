"""What a member agrees to be told, and by which way."""

from typing import Any, Final

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from membership.members.domain import ConsentChannel, ConsentPurpose
from membership.members.models import Consent, ConsentWording
from membership.members.queries import consents_of, wordings
from membership.members.services.consents import ConsentNotFound
from membership.members.services.own_consents import give_own_consent, withdraw_own_consent
from portal.member.access import MemberRequest, members_only
from portal.member.acts.forms import ConsentChoiceForm
from portal.member.acts.members import member_of
from portal.member.shell import shell

_MESSAGES: Final = tuple(channel for channel in ConsentChannel if channel != ConsentChannel.NONE)
# Nobody is met by an analysis; every other purpose is a reason to write or call.
_WITHOUT_MESSAGE: Final = frozenset({ConsentPurpose.PROFILING})


@require_safe
@never_cache
@members_only
def consents(request: MemberRequest) -> HttpResponseBase:
    """Each purpose with its wording, each way with what she chose. Nothing is chosen for her."""
    standing = {
        (consent.purpose, consent.channel): consent
        for consent in consents_of(member_of(request))
        if consent.withdrawn_at is None
    }
    context = shell(request, "services") | {"purposes": [_row(wording, standing) for wording in wordings()]}
    return render(request, "member/acts/consents.html", context)


@require_POST
@members_only
def consent_choose(request: MemberRequest) -> HttpResponseBase:
    """Agree, or stop agreeing; the choice counts at once."""
    form = ConsentChoiceForm(request.POST)
    if form.is_valid():
        purpose, channel = ConsentPurpose(form.cleaned_data["purpose"]), ConsentChannel(form.cleaned_data["channel"])
        if form.cleaned_data["agree"]:
            if channel in _ways(purpose):
                give_own_consent(
                    member=member_of(request), purpose=purpose, channel=channel, session=request.session_key
                )
                messages.success(request, _("已记下您的同意，可以随时撤回。"))
        else:
            _withdraw(request, purpose, channel)
    return redirect("member:consents")


def _ways(purpose: ConsentPurpose) -> tuple[ConsentChannel, ...]:
    return (ConsentChannel.NONE,) if purpose in _WITHOUT_MESSAGE else _MESSAGES


def _withdraw(request: MemberRequest, purpose: ConsentPurpose, channel: ConsentChannel) -> None:
    try:
        withdraw_own_consent(member=member_of(request), purpose=purpose, channel=channel)
    except ConsentNotFound:
        # Pressed twice, or ended at a desk meanwhile: it is as she wants it.
        pass
    messages.success(request, _("已撤回，立即生效。"))


def _row(wording: ConsentWording, standing: dict[tuple[str, str], Consent]) -> dict[str, Any]:
    purpose = ConsentPurpose(wording.purpose)
    ways = _ways(purpose)
    # What was agreed to elsewhere by a way that is not offered here is shown all the same: she may end it.
    others = [ConsentChannel(way) for kind, way in standing if kind == purpose and ConsentChannel(way) not in ways]
    return {
        "purpose": purpose.value,
        "label": purpose.label,
        "text": wording.text,
        "version": wording.version,
        "ways": [
            {
                "channel": way.value,
                "label": _("仅作分析，不会因此联系您") if way == ConsentChannel.NONE else way.label,
                "consent": standing.get((purpose.value, way.value)),
            }
            for way in (*ways, *others)
        ],
    }
