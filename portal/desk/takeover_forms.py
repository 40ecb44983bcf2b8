"""Forms of the take-over: the workbook, and the sums two people type from the old system's print."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kernel.money import Money
from membership.takeover.domain import SUMS
from portal.fields import YuanField


class WorkbookForm(forms.Form):
    """The workbook of the old system's data."""

    file = forms.FileField(
        label=_("工作簿"),
        help_text=_("按模板填写的 .xlsx。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
    )


class SignForm(forms.Form):
    """What the old system printed. Typed, not copied: that is what the signature says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in SUMS.items():
            text = str(label)
            self.fields[name] = (
                YuanField(label=text) if name.endswith("_fen") else forms.IntegerField(label=text, min_value=0)
            )

    @property
    def sums(self) -> dict[str, int]:
        """The sums as whole units."""
        return {
            name: value.fen if isinstance(value, Money) else int(value) for name, value in self.cleaned_data.items()
        }
