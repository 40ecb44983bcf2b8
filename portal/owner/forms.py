"""Forms of sign-up and of the console."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.chains.domain import Plan

NO_SUCH_PLAN: Final[dict[str, Any]] = {
    "required": _("请选择 A、B 或 C 版。"),
    "invalid_choice": _("没有“%(value)s”版，请选择 A、B 或 C 版。"),
}
"""What is said of a plan that is none."""


class SignupForm(forms.Form):
    """What allauth's sign-up form asks besides address and password; the account adapter reads it."""

    name = forms.CharField(label=_("姓名"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def signup(self, request: object, user: object) -> None:
        """allauth asks for this method; the adapter has done the work."""


class ChainForm(forms.Form):
    """A new chain. Whether the slug may be used is the service's to say."""

    name = forms.CharField(label=_("商户名称"), max_length=80, help_text=_("会员在卡片页面上看到的名称。"))
    slug = forms.CharField(
        label=_("网址名"),
        max_length=30,
        help_text=_("2–30 个小写字母、数字或连字符，以字母开头；开通后不能修改。"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    plan = forms.ChoiceField(label=_("版本"), choices=Plan.choices, initial=Plan.A, error_messages=NO_SUCH_PLAN)
    store_name = forms.CharField(label=_("首家门店名称"), max_length=80)

    def clean_slug(self) -> str:
        """As typed, in lower case."""
        return str(self.cleaned_data["slug"]).strip().lower()
