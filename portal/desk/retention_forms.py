"""Forms of old records."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"})


class RetrievalForm(forms.Form):
    """Which card's old records, of which days, and why."""

    card_number = forms.CharField(label=_("会员卡号"), max_length=40)
    first_day = forms.DateField(label=_("起始日期"), widget=_day())
    last_day = forms.DateField(label=_("截止日期"), widget=_day())
    reason = forms.CharField(label=_("调取原因"), max_length=200, help_text=_("例如：会员要求核对。记入操作记录。"))

    def clean(self) -> dict[str, Any]:
        """No NULs: PostgreSQL takes none."""
        cleaned = super().clean() or {}
        return {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in cleaned.items()}
