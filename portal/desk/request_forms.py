"""The desk's forms for what members ask for."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.requests.domain import LONGEST_ANSWER
from portal.desk.card_forms import ShownForm

TRANSFER_FIELDS: Final = {
    "member_not_found": "to_code",
    "member_merged": "to_code",
    "transfer_to_self": "to_code",
    "registration_incomplete": "to_code",
    "id_limit_reached": "to_code",
    "card_not_found": "new_number",
    "card_not_idle": "new_number",
    "same_card": "new_number",
    "agent_unnamed": "agent_name",
    "invalid_id_number": "agent_id",
    "id_not_verified": "holder_number",
}
"""Beside which field of ``TransferForm`` each refusal stands."""


class RefuseForm(forms.Form):
    """Why it is not done; the member reads it."""

    answer = forms.CharField(
        label=_("未受理的原因"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("会员会看到这段文字。"),
    )


class SettleForm(forms.Form):
    """By what it was done."""

    reference = forms.CharField(label=_("单号"), max_length=40, help_text=_("退款、退会的单据号或小票号；会员会看到。"))
    answer = forms.CharField(
        label=_("答复"), max_length=LONGEST_ANSWER, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class TransferForm(ShownForm):
    """To whom, and onto which idle card. Whose IDs were looked at."""

    to_code = forms.CharField(label=_("受让会员编号"), max_length=20, help_text=_("受让人须先建档，例如 M000012。"))
    new_number = forms.CharField(label=_("新卡卡号"), max_length=40, help_text=_("请刷或输入一张空闲卡的卡号。"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, asks_id=True, **kwargs)
        self.order_fields(["to_code", "new_number", *ShownForm.base_fields])
