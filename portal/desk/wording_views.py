"""What members are asked to agree to, word for word: read and published at the desk."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from membership.members import services
from membership.members.domain import ConsentPurpose
from membership.members.models import ConsentWording
from membership.members.queries import wording_history
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from tenants.people.domain import Act

_LONGEST = 2_000


class WordingForm(forms.Form):
    """The next version of a wording."""

    purpose = forms.ChoiceField(label=gettext_lazy("目的"), choices=ConsentPurpose.choices)
    text = forms.CharField(
        label=gettext_lazy("文本"),
        max_length=_LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("写明用途、渠道、不同意有没有影响、怎样撤回。发布后不能修改，只能再发布新版。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STORE_MANAGE)
def wordings(request: DeskRequest) -> HttpResponseBase:
    """The wording in force for each purpose, those before it, and a form for the next version.

    Raises:
        NotAllowed: sent by somebody who may not do so for the whole chain.
    """
    history = wording_history()
    chosen = request.GET.get("purpose", "")
    begun = next((one for one in history if one.purpose == chosen), None)
    initial = {"purpose": begun.purpose, "text": begun.text} if begun is not None else {}
    form = WordingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        published = attempt(
            form,
            lambda: services.publish_wording(
                actor=request.desk.actor, purpose=ConsentPurpose(given["purpose"]), text=given["text"]
            ),
            fields={"invalid_wording": "text"},
        )
        if published is not None:
            said = _("已发布“%(purpose)s”第 %(version)d 版。以前的同意仍以当时的文本为准。")
            told = {"purpose": published.get_purpose_display(), "version": published.version}
            messages.success(request, said % told)
            return redirect("desk:consent_wordings")
    context = {"form": form, "purposes": _by_purpose(history), "nav": "wordings"}
    return render(request, "desk/members/wordings.html", context, status=status_of(form))


def _by_purpose(history: list[ConsentWording]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for one in history:
        row = {"version": one.version, "text": one.text, "published_at": one.published_at, "count": _given(one)}
        shown = {"code": one.purpose, "label": one.get_purpose_display(), "now": row, "before": []}
        if rows.setdefault(one.purpose, shown) is not shown:
            rows[one.purpose]["before"].append(row)
    return list(rows.values())


def _given(wording: ConsentWording) -> int:
    return int(getattr(wording, "in_force", 0))
