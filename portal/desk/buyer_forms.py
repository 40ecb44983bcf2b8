"""The fields by which somebody who buys or tops up a card for another is registered."""

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.buyers.domain import LONGEST_NAME, Buyer
from membership.members.domain import DocumentKind

BUYER_FIELDS = ("buyer_name", "buyer_kind", "buyer_number", "buyer_phone")
BUYER_ERRORS = {
    "buyer_incomplete": "buyer_name",
    "buyer_phone_invalid": "buyer_phone",
    "buyer_is_member": "buyer_number",
    "invalid_id_number": "buyer_number",
}
"""Which refusals belong to which of them."""


class BuyerFields(forms.Form):
    """Whose document was read, where the member herself has not come."""

    buyer_name = forms.CharField(label=_("姓名"), max_length=LONGEST_NAME, required=False)
    buyer_kind = forms.ChoiceField(
        label=_("证件类型"), choices=DocumentKind.choices, initial=DocumentKind.ID_CARD, required=False
    )
    # A browser that remembers what was typed would show one person's number to the next.
    buyer_number = forms.CharField(
        label=_("证件号码"), max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    buyer_phone = forms.CharField(
        label=_("联系电话"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )

    @property
    def has_buyer(self) -> bool:
        """Whether somebody is named, or a refusal asks for her."""
        return any(self[name].errors or (name != "buyer_kind" and self[name].value()) for name in BUYER_FIELDS)

    def buyer(self) -> Buyer | None:
        """Who is named in a valid form; half of somebody is somebody, and the service refuses her."""
        given = self.cleaned_data
        if not any(given[name].strip() for name in ("buyer_name", "buyer_number", "buyer_phone")):
            return None
        kind = DocumentKind(given["buyer_kind"] or DocumentKind.ID_CARD)
        return Buyer(name=given["buyer_name"], number=given["buyer_number"], phone=given["buyer_phone"], kind=kind)


class BuyerFilterForm(forms.Form):
    """What narrows the list of registrations. ID numbers have a form of their own: an address is no place for one."""

    q = forms.CharField(label=_("卡号或姓名"), max_length=40, required=False)
