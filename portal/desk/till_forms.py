"""The till's form. One form for both acts: the card comes first, and what is done with it may change until Enter."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.ids import token
from portal.desk.forms import LONGEST_NOTE, YuanField

CONSUME, TOP_UP = "consume", "top_up"
MODES = {CONSUME: _("消费"), TOP_UP: _("充值")}


class TillForm(forms.Form):
    """What a cashier types. It carries a key of its own, so that pressing twice, a reload or another try after a lost
    connection does the act once.

    ``modes``: what this person may do in this store, the usual one first.
    """

    card = forms.CharField(label=_("会员卡"), max_length=40)
    mode = forms.ChoiceField(widget=forms.RadioSelect)
    amount = YuanField(label=_("金额"))
    bonus = YuanField(label=_("赠送金额"), required=False)
    tendered = YuanField(label=_("收到现金"), required=False, help_text=_("填写后算出找零。"))
    note = forms.CharField(label=_("备注"), max_length=LONGEST_NOTE, required=False)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, max_length=60, initial=token)
    # Names the act just done that this one looks like; sent with it, it says that a second one is meant.
    repeats = forms.CharField(widget=forms.HiddenInput, max_length=36, required=False)

    def __init__(self, *args: Any, modes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mode"].choices = [(mode, MODES[mode]) for mode in modes]  # type: ignore[attr-defined]
        self.initial.setdefault("mode", modes[0])
        # Who comes back by the browser's button finds an empty form with a key of its own, not the last amount.
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"
        self.fields["card"].widget.attrs |= {"enterkeyhint": "next", "autocapitalize": "off", "spellcheck": "false"}
        self.fields["amount"].widget.attrs["enterkeyhint"] = "done"

    def now_with(self, **values: str) -> None:
        """Change what a form that was sent will be sent with next."""
        self.data = {**self.data.dict(), **values}  # type: ignore[attr-defined]  # a QueryDict

    @staticmethod
    def fresh() -> dict[str, str]:
        """What makes a form one of its own again: after a conflict, what is in it is another act than the one done
        under its key.
        """
        return {"idempotency_key": token()}

    @property
    def is_unfolded(self) -> bool:
        """Whether something stands in the part of the form that is folded away."""
        return any(self[name].value() or self[name].errors for name in ("bonus", "tendered", "note"))
