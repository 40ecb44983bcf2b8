"""The form of a price book: its name, its first day, and sixty prices."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from billing.pricebook.domain import ModulePrice, Plan, PriceBook
from billing.pricebook.modules import MODULES
from kernel.money import Money
from portal.fields import DayField, YuanField

PARTS: Final = (("setup", _("开通费")), ("monthly", _("月费")), ("per_call", _("调用费")))
_NEGATIVE: Final = _("价格不能为负。")


class PriceField(YuanField):
    """A price in yuan; never negative. Zero is free."""

    def clean(self, value: Any) -> Money:
        price = super().clean(value)
        if price.fen < 0:
            raise forms.ValidationError(_NEGATIVE, code="negative")
        return price


class BookForm(forms.Form):
    """A book to be prepared. What a file holds is read into it first, so that it is seen before it is sent."""

    version = forms.CharField(
        label=_("版本号"),
        max_length=40,
        help_text=_("以数字开头，例如 2026-07。每笔扣费都写明版本号，用过的不能再用。"),
        validators=[RegexValidator(r"\A[0-9][0-9A-Za-z_-]*\Z", _("以数字开头，只用字母、数字、连字符和下划线。"))],
    )
    effective_from = DayField(
        label=_("生效日期"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("从这一天起开始的计费期按新价；已经开始的计费期仍按原价。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in _cells():
            widget = forms.TextInput(attrs={"inputmode": "decimal", "aria-label": label})
            self.fields[name] = PriceField(label=label, widget=widget)

    def grid(self) -> list[dict[str, Any]]:
        """The fields as they stand on the page: by module, by plan."""
        return [
            {"module": module, "plans": [(plan.value, list(self._parts(number, plan))) for plan in Plan]}
            for number, module in MODULES.items()
        ]

    def faulty(self) -> list[BoundField]:
        """The prices that want correcting."""
        return [self[name] for name, _label in _cells() if name in self.errors]

    def prices(self) -> list[ModulePrice]:
        """All of them; the form must be valid."""
        return [
            ModulePrice(number, plan, *(self.cleaned_data[_name(number, plan, part)].fen for part, _label in PARTS))
            for number in MODULES
            for plan in Plan
        ]

    def _parts(self, number: int, plan: Plan) -> Iterator[tuple[Any, BoundField]]:
        for part, label in PARTS:
            yield label, self[_name(number, plan, part)]


def filled(book: PriceBook) -> dict[str, str]:
    """A book's prices as the form's initial values."""
    return filled_with(book.prices)


def filled_with(prices: Mapping[tuple[int, Plan], ModulePrice]) -> dict[str, str]:
    """The form's values for these prices."""
    return {
        _name(number, plan, part): str(Money(getattr(price, f"{part}_fen")).yuan)
        for (number, plan), price in prices.items()
        for part, _label in PARTS
    }


def _cells() -> Iterator[tuple[str, Any]]:
    for number, module in MODULES.items():
        for plan in Plan:
            for part, label in PARTS:
                yield _name(number, plan, part), f"{number} {module.name} · {plan.value} · {label}"


def _name(number: int, plan: Plan, part: str) -> str:
    return f"{part}_{number}{plan.value}"
