"""The forms of what a member does by herself."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import LONGEST_NUMBER, PIN_DIGITS


class LossForm(forms.Form):
    """Which card is lost."""

    number = forms.CharField(max_length=LONGEST_NUMBER, widget=forms.HiddenInput)


class PinAgainForm(forms.Form):
    """Which card, and its PIN once more."""

    number = forms.CharField(max_length=LONGEST_NUMBER, widget=forms.HiddenInput)
    pin = forms.CharField(
        label=_("这张卡的消费密码"),
        validators=[RegexValidator(rf"\A[0-9]{{{PIN_DIGITS}}}\Z", _("密码须为 6 位数字。"), code="pin_form")],
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "maxlength": PIN_DIGITS}),
    )
