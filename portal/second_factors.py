"""allauth's forms of second factors, where its own words say too little or only English."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class _TakesEitherCode(forms.Form):
    """Says that a recovery code will do: whoever has lost the phone has nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("验证码或恢复代码")
        self.fields["code"].help_text = _("手机不在身边时，输入一个恢复代码。")
        self.fields["code"].widget.attrs["placeholder"] = ""


class CodeForm(_TakesEitherCode, AuthenticateForm):  # type: ignore[misc]
    """The code asked for at log-in."""


class CodeAgainForm(_TakesEitherCode, ReauthenticateForm):  # type: ignore[misc]
    """The code asked for before something is changed that protects the account."""


class _Named(forms.Form):
    """The name of a key is a word in our languages too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("名称")
        self.fields["name"].help_text = _("以后凭它认出这把密钥，例如“办公室电脑”。")


class NewKeyForm(_Named, AddWebAuthnForm):  # type: ignore[misc]
    """A security key is added."""


class KeyNameForm(_Named, EditWebAuthnForm):  # type: ignore[misc]
    """A security key is renamed."""
