"""The form of a subscription: a plan, and modules on it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.pricebook.domain import Plan as PricedPlan
from billing.pricebook.modules import MODULES
from billing.subscriptions.domain import Terms
from portal.owner.forms import NO_SUCH_PLAN
from tenants.chains.domain import Plan


class SubscriptionForm(forms.Form):
    """One plan for everything (X-03), and the modules that are on besides those every plan has."""

    plan = forms.ChoiceField(
        label=_("版本"), choices=Plan.choices, widget=forms.RadioSelect, error_messages=NO_SUCH_PLAN
    )
    modules = forms.TypedMultipleChoiceField(
        label=_("模块"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("没有编号为“%(value)s”的模块可以开通，它可能尚未开放。")},
    )

    def __init__(self, *args: Any, kept: frozenset[int] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["modules"].choices = [  # type: ignore[attr-defined]
            (number, module.name)
            for number, module in MODULES.items()
            if not module.always_on and (module.offered or number in kept)
        ]

    def terms(self) -> Terms:
        """What was chosen; the form must be valid."""
        return Terms.of(PricedPlan(self.cleaned_data["plan"]), self.cleaned_data["modules"])
