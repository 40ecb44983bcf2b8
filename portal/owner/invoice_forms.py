"""Forms of invoices: they read what was typed; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.invoices.domain import TaxNumberWrong, check_tax_number
from billing.invoices.models import InvoiceTitle
from billing.invoices.queries import OpenMonth
from kernel.money import Money


class TitleForm(forms.Form):
    """A title to keep."""

    name = forms.CharField(label=_("单位名称"), max_length=100)
    tax_number = forms.CharField(label=_("统一社会信用代码"), max_length=30)
    email = forms.EmailField(label=_("收票邮箱"))
    address = forms.CharField(label=_("地址、电话"), max_length=200, required=False)
    bank = forms.CharField(label=_("开户行及账号"), max_length=200, required=False)

    def clean_tax_number(self) -> str:
        """Tidied, its check sign right."""
        try:
            return check_tax_number(str(self.cleaned_data["tax_number"]))
        except TaxNumberWrong as error:
            raise forms.ValidationError(str(error), code=error.code) from error


class InvoiceForm(forms.Form):
    """The months to be invoiced together, and to whom."""

    title = forms.ChoiceField(label=_("发票抬头"))
    months = forms.MultipleChoiceField(label=_("月份"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, titles: list[InvoiceTitle], months: list[OpenMonth], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].choices = [(str(one.pk), str(one)) for one in titles]  # type: ignore[attr-defined]
        self.fields["months"].choices = [  # type: ignore[attr-defined]
            (str(one.statement.pk), f"{one.statement.month:%Y-%m} · {Money(one.amount_fen)}") for one in months
        ]

    def asked(self) -> dict[str, Any]:
        """What the service is asked."""
        return {
            "title_id": int(self.cleaned_data["title"]),
            "statement_ids": [int(one) for one in self.cleaned_data["months"]],
        }
