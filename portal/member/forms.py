"""The members' forms."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import PIN_DIGITS
from membership.cards.pin_renewal import CODE_DIGITS

_SIX_DIGITS = RegexValidator(rf"\A[0-9]{{{PIN_DIGITS}}}\Z", _("密码须为 6 位数字。"), code="pin_form")


def _pin(label: Any, *, autocomplete: str, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "maxlength": PIN_DIGITS})
    return forms.CharField(label=label, validators=[_SIX_DIGITS], strip=True, widget=widget, help_text=help_text)


class LoginForm(forms.Form):
    """A card and its PIN (R-A04)."""

    card_number = forms.CharField(label=_("会员卡号"), max_length=40)
    pin = _pin(_("消费密码"), autocomplete="current-password")


class CodeAskForm(forms.Form):
    """A card and the telephone of its holder."""

    card_number = forms.CharField(label=_("会员卡号"), max_length=40)
    phone = forms.CharField(
        label=_("登记的手机号"), max_length=20, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
    )


class _ChoosingForm(forms.Form):
    """Forms in which a new PIN is typed twice."""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "new_pin" in given and "new_pin_again" in given and given["new_pin"] != given["new_pin_again"]:
            self.add_error("new_pin_again", ValidationError(_("两次输入的新密码不一致。"), code="pin_mismatch"))
        return given


class CodeUseForm(_ChoosingForm):
    """The code that was sent, and a PIN of the holder's own choice."""

    code = forms.CharField(
        label=_("短信验证码"),
        validators=[RegexValidator(rf"\A[0-9]{{{CODE_DIGITS}}}\Z", _("验证码是短信里的 6 位数字。"), code="code_form")],
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "maxlength": CODE_DIGITS}),
    )
    new_pin = _pin(
        _("新密码"), autocomplete="new-password", help_text=_("6 位数字；不要用生日、手机号或连续、重复的数字。")
    )
    new_pin_again = _pin(_("再输一次新密码"), autocomplete="new-password")


class PinChangeForm(_ChoosingForm):
    """A PIN of the holder's own choice. The first time, the log-in has just proved the old one."""

    current_pin = _pin(_("原密码"), autocomplete="current-password")
    new_pin = _pin(
        _("新密码"), autocomplete="new-password", help_text=_("6 位数字；不要用生日、手机号或连续、重复的数字。")
    )
    new_pin_again = _pin(_("再输一次新密码"), autocomplete="new-password")

    def __init__(self, *args: Any, first_time: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if first_time:
            del self.fields["current_pin"]
