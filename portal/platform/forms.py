"""Forms of the platform's staff."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from portal.fields import YuanField
from tenants.chains.models import Chain


class AdjustmentForm(forms.Form):
    """An account to be set right."""

    slug = forms.SlugField(label=_("商户网址名"), max_length=30)
    direction = forms.ChoiceField(label=_("方向"), choices=[("in", _("增加")), ("out", _("扣减"))])
    amount = YuanField(label=_("金额（元）"))
    reason = forms.CharField(label=_("原因"), max_length=200)

    chain: Chain

    def clean_slug(self) -> str:
        """The name of a chain that there is."""
        slug = str(self.cleaned_data["slug"])
        chain = Chain.objects.filter(slug=slug).first()
        if chain is None:
            raise forms.ValidationError(_("没有这个商户。"), code="unknown")
        self.chain = chain
        return slug

    def amount_fen(self) -> int:
        """Whole fen: positive to the chain's good."""
        fen: int = self.cleaned_data["amount"].fen
        return fen if self.cleaned_data["direction"] == "in" else -fen


class RefundForm(forms.Form):
    """So much of a top-up, back to who paid it."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = YuanField(label=_("退款金额（元）"))
    reason = forms.CharField(label=_("原因"), max_length=200)

    def __init__(self, *args: Any, most_fen: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].help_text = _("最多 {most}。").format(most=Money(most_fen))
