"""The look of the members' portal: logo, colour, card face."""

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.subscriptions.entitlements import has_module
from membership.branding.domain import LOGO_BYTES_MAX
from membership.branding.models import Branding
from membership.branding.queries import chosen
from membership.branding.services import MODULE, choose
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from tenants.people.domain import Act

_FIELDS = {"logo_invalid": "logo"}


class BrandingForm(forms.Form):
    """The chain's look. Empty colours are the house's own."""

    colour = forms.CharField(
        label=gettext_lazy("主色"),
        max_length=7,
        required=False,
        help_text=gettext_lazy("按钮、链接和当前页用的颜色，写成 #rrggbb；要能与白色分清。夜间自动调亮。"),
        widget=forms.TextInput({"placeholder": "#0f5c66", "autocomplete": "off"}),
    )
    card_colour = forms.CharField(
        label=gettext_lazy("卡面颜色"),
        max_length=7,
        required=False,
        help_text=gettext_lazy("所有级别的卡面用这一种颜色；留空则按级别显示金、银等卡面。"),
        widget=forms.TextInput({"placeholder": "#7a1f3d", "autocomplete": "off"}),
    )
    logo = forms.FileField(
        label=gettext_lazy("标志"),
        required=False,
        help_text=gettext_lazy("正方形 PNG，边长 96 至 512 像素，不超过 20 KB。"),
        widget=forms.FileInput({"accept": "image/png"}),
    )
    remove_logo = forms.BooleanField(label=gettext_lazy("去掉现有标志"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.STORE_MANAGE)
def branding(request: DeskRequest) -> HttpResponseBase:
    """What members see of the chain's own look, and choosing it.

    Raises:
        ModuleNotEnabled
    """
    look = chosen()
    initial = {"colour": look.colour, "card_colour": look.card_colour} if look else {}
    form = BrandingForm(request.POST or None, request.FILES or None, initial=initial)
    if look is None or look.logo is None:
        del form.fields["remove_logo"]
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: _chosen(request, form), fields=_FIELDS)
        if saved is not None:
            messages.success(request, _("门户品牌已保存，会员下次打开就能看到。"))
            return redirect("desk:branding")
    context = {"form": form, "look": look, "on": has_module(request.chain, MODULE), "nav": "branding"}  # type: ignore[attr-defined]
    return render(request, "desk/branding.html", context, status=status_of(form))


def _chosen(request: DeskRequest, form: BrandingForm) -> Branding:
    given = form.cleaned_data
    # One byte more than may be is enough to know.
    logo = given["logo"].read(LOGO_BYTES_MAX + 1) if given.get("logo") else None
    return choose(
        actor=request.desk.actor,
        chain=request.chain,  # type: ignore[attr-defined]
        colour=given["colour"],
        card_colour=given["card_colour"],
        logo=logo,
        remove_logo=given.get("remove_logo", False),
    )
