"""The forms of what a member does by herself."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import LONGEST_NUMBER, PIN_DIGITS
from membership.members.domain import ConsentChannel, ConsentPurpose
from membership.requests.domain import LONGEST_SAID, RequestKind
from membership.talks.domain import LONGEST


class LossForm(forms.Form):
    """Which card is lost."""

    number = forms.CharField(max_length=LONGEST_NUMBER, widget=forms.HiddenInput)


class OwnPinForm(forms.Form):
    """The PIN of the card that she is in by, once more."""

    pin = forms.CharField(
        label=_("这张卡的消费密码"),
        validators=[RegexValidator(rf"\A[0-9]{{{PIN_DIGITS}}}\Z", _("密码须为 6 位数字。"), code="pin_form")],
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "maxlength": PIN_DIGITS}),
    )


class PinAgainForm(OwnPinForm):
    """Which card, and its PIN once more."""

    number = forms.CharField(max_length=LONGEST_NUMBER, widget=forms.HiddenInput)


class AskForm(forms.Form):
    """What is asked for, of which card. ``numbers``: those of her cards that have not ended."""

    kind = forms.ChoiceField(
        label=_("申请事项"), choices=RequestKind.choices, initial=RequestKind.TRANSFER, widget=forms.RadioSelect
    )
    card = forms.ChoiceField(label=_("会员卡号"))
    to_name = forms.CharField(
        label=_("受让人姓名"), max_length=40, required=False, help_text=_("转让时必填；受让人须带证件到门店办理。")
    )
    to_phone = forms.CharField(
        label=_("受让人手机号"), max_length=20, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    said = forms.CharField(
        label=_("说明"), max_length=LONGEST_SAID, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, numbers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["card"].choices = [(number, number) for number in numbers]  # type: ignore[attr-defined]


class ConsentChoiceForm(forms.Form):
    """What she chose: to agree, or no longer to."""

    purpose = forms.ChoiceField(choices=ConsentPurpose.choices)
    channel = forms.ChoiceField(choices=ConsentChannel.choices)
    agree = forms.BooleanField(required=False)


class MessageForm(forms.Form):
    """What she writes."""

    text = forms.CharField(label=_("写给门店"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))
