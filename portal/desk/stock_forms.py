"""Forms of card stock: they read what was typed; whether it may be done is for the services to say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import LARGEST_RANGE
from membership.cards.queries import levels, types
from membership.stock.domain import CountCycle
from portal.fields import DayField
from tenants.stores.models import Store

_LONGEST_REASON = 200


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _number(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=40, **options)


class RangeFilterForm(forms.Form):
    """What narrows the list of ranges."""

    q = forms.CharField(label=_("卡号或申请单号"), max_length=40, required=False)
    level = forms.ChoiceField(label=_("卡级别"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("全部")), *((level.code, level.name) for level in levels())]
        self.fields["level"].choices = choices  # type: ignore[attr-defined]


class DeliverForm(forms.Form):
    """Cards of a range for a store (R-F07)."""

    store = forms.ChoiceField(label=_("下发门店"))
    first_number = _number(_("起始卡号"))
    last_number = _number(_("截止卡号"))
    planned_on = DayField(label=_("计划可发日"), widget=_day())
    keeper = forms.CharField(label=_("门店保管人"), max_length=60)
    reason = forms.CharField(
        label=_("提前原因"), max_length=_LONGEST_REASON, required=False, help_text=_("不足报备天数时必填。")
    )

    def __init__(self, *args: Any, stores: list[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].choices = [(str(store.pk), str(store)) for store in stores]  # type: ignore[attr-defined]


class CodesForm(forms.Form):
    """Internal codes of a range: a series, one for each card in order (R-F03)."""

    code_prefix = forms.CharField(label=_("内部编码前缀"), max_length=16, required=False)
    code_first = forms.IntegerField(label=_("起始流水号"), min_value=0)
    code_width = forms.IntegerField(label=_("流水号位数"), min_value=1, max_value=16, initial=8)


class RequestedCardsForm(forms.Form):
    """The numbers, and the internal codes if they are known, of the cards that a request asked for (R-F03)."""

    number_prefix = forms.CharField(label=_("卡号前缀"), max_length=16, required=False)
    first = forms.IntegerField(label=_("起始流水号"), min_value=0)
    width = forms.IntegerField(label=_("流水号位数"), min_value=1, max_value=16, initial=8)
    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=LARGEST_RANGE)
    check_digit = forms.BooleanField(label=_("末位加校验码，防止输错卡号"), required=False)
    code_prefix = forms.CharField(
        label=_("内部编码前缀"), max_length=16, required=False, help_text=_("内部编码可以稍后在号段页录入。")
    )
    code_first = forms.IntegerField(label=_("内部编码起始流水号"), min_value=0, required=False)
    code_width = forms.IntegerField(label=_("内部编码流水号位数"), min_value=1, max_value=16, required=False, initial=8)


class DrawForm(forms.Form):
    """Cards drawn from a store's keeper (R-F08)."""

    type = forms.ChoiceField(label=_("卡类型"), required=False)
    level = forms.ChoiceField(label=_("卡级别"))
    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=LARGEST_RANGE)
    drawn_by = forms.CharField(label=_("领用人"), max_length=60)
    first_number = _number(_("起始卡号"), required=False, help_text=_("留空则从最小卡号开始，按顺序领用。"))
    reason = forms.CharField(
        label=_("跳号原因"), max_length=_LONGEST_REASON, required=False, help_text=_("不从最小卡号领用时必填。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [(level.code, level.name) for level in levels()]  # type: ignore[attr-defined]
        self.fields["type"].choices = [("", _("全部")), *((of.code, of.name) for of in types())]  # type: ignore[attr-defined]


class GiveBackForm(forms.Form):
    """Drawn cards that nobody needed (R-M02)."""

    text = forms.CharField(
        label=_("交回的卡号"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("逐张扫描，一行一张；连号可写“起始号 至 截止号”。"),
    )
    given_by = forms.CharField(label=_("交回人"), max_length=60)


class DrawingFilterForm(forms.Form):
    """What narrows the register of drawings."""

    q = forms.CharField(label=_("领用人或卡号"), max_length=60, required=False)
    since = DayField(label=_("从"), required=False, widget=_day())
    until = DayField(label=_("到"), required=False, widget=_day())


class TakeInForm(forms.Form):
    """Blank cards that were there before stock was kept."""

    where = forms.ChoiceField(label=_("卡现在哪里"))
    text = forms.CharField(
        label=_("卡号清单"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("逐张扫描，一行一张；连号可写“起始号 至 截止号”。"),
    )

    def __init__(self, *args: Any, places: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].choices = places  # type: ignore[attr-defined]


class DestroyForm(forms.Form):
    """Cards to be destroyed before witnesses (R-E05)."""

    where = forms.ChoiceField(label=_("销毁地点"))
    reason = forms.CharField(label=_("销毁原因"), max_length=_LONGEST_REASON)
    text = forms.CharField(
        label=_("卡号清单"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("逐张扫描，一行一张；连号可写“起始号 至 截止号”。"),
    )

    def __init__(self, *args: Any, places: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].choices = places  # type: ignore[attr-defined]


class StockPolicyForm(forms.Form):
    """What a chain chooses for its blank cards."""

    announce_days = forms.IntegerField(label=_("下发提前报备（工作日）"), min_value=0, max_value=30)
    count_cycle = forms.ChoiceField(label=_("盘点周期"), choices=CountCycle)
    release_when_made = forms.BooleanField(
        label=_("制卡后直接可发，不经下发"),
        required=False,
        help_text=_("适合不分发号段的小型连锁。只有一家门店时总是如此。"),
    )
