"""The form that takes a file in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.cards.models import CardLevel, CardType
from membership.imports.kinds import Kind


class UploadForm(forms.Form):
    """A file, what it holds, and what fills columns that it lacks."""

    kind = forms.ChoiceField(label=_("导入内容"))
    file = forms.FileField(
        label=_("文件"),
        help_text=_("Excel（.xlsx）或 CSV，最多 1,048,576 行。第一行是列名。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    level = forms.ChoiceField(label=_("文件没有级别列时"), required=False)
    type = forms.ChoiceField(label=_("文件没有类型列时"), required=False)
    again = forms.BooleanField(label=_("仍要上传（同一个文件上传过）"), required=False)

    def __init__(
        self, *args: Any, kinds: list[Kind], levels: list[CardLevel], types: list[CardType], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        nothing = ("", _("不填"))
        self.fields["kind"].choices = [(each.code, each.label) for each in kinds]  # type: ignore[attr-defined]
        self.fields["level"].choices = [nothing, *((one.code, one.name) for one in levels)]  # type: ignore[attr-defined]
        self.fields["type"].choices = [nothing, *((one.code, one.name) for one in types)]  # type: ignore[attr-defined]
