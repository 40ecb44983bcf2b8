"""The desk's forms: they read what was typed; whether it may be done is for the services to say."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import LARGEST_RANGE, CardStatus
from membership.cards.models import CardLevel, CardType
from portal.desk.buyer_forms import BuyerFields
from portal.desk.member_forms import PHONE_KNOWN
from portal.fields import DayField

LONGEST_NOTE = 60


def date_input() -> forms.DateInput:
    """A day as the browser's own calendar gives it."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _card_number() -> forms.CharField:
    return forms.CharField(label=_("会员卡号"), max_length=40)


class CardFilterForm(forms.Form):
    """What narrows the card list."""

    q = forms.CharField(label=_("卡号、姓名、手机尾号、车牌或车架号"), max_length=40, required=False)
    status = forms.ChoiceField(label=_("状态"), required=False)
    level = forms.ChoiceField(label=_("卡级别"), required=False)
    type = forms.ChoiceField(label=_("卡类型"), required=False)

    def __init__(self, *args: Any, levels: list[CardLevel], types: list[CardType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", _("全部"))
        self.fields["status"].choices = [everything, *CardStatus.choices]  # type: ignore[attr-defined]
        self.fields["level"].choices = [everything, *((level.code, level.name) for level in levels)]  # type: ignore[attr-defined]
        self.fields["type"].choices = [everything, *((kind.code, kind.name) for kind in types)]  # type: ignore[attr-defined]


class MakeCardsForm(forms.Form):
    """A range of cards to be made (R-B08 – R-B11)."""

    type = forms.ChoiceField(label=_("卡类型"), required=False)
    level = forms.ChoiceField(label=_("卡级别"))
    number_prefix = forms.CharField(
        label=_("卡号前缀"), max_length=16, required=False, help_text=_("数字或大写字母，可留空。")
    )
    first = forms.IntegerField(label=_("起始流水号"), min_value=0, initial=1)
    width = forms.IntegerField(
        label=_("流水号位数"),
        min_value=1,
        max_value=16,
        initial=8,
        help_text=_("位数不足时前面补 0：前缀 6608、起始 1、位数 8，第一张卡号是 660800000001。"),
    )
    quantity = forms.IntegerField(
        label=_("数量"),
        min_value=1,
        max_value=LARGEST_RANGE,
        initial=100,
        help_text=_("一次最多 100,000 张；更多请用数据导入。"),
    )
    check_digit = forms.BooleanField(label=_("末位加校验码，防止输错卡号"), required=False)

    def __init__(self, *args: Any, levels: list[CardLevel], types: list[CardType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [(level.code, level.name) for level in levels]  # type: ignore[attr-defined]
        self.fields["type"].choices = [(kind.code, kind.name) for kind in types]  # type: ignore[attr-defined]


class IssueForm(BuyerFields):
    """A card, and whom it goes to (R-B12)."""

    NEW, EXISTING, NOBODY = "new", "existing", "nobody"

    card_number = _card_number()
    who = forms.ChoiceField(
        choices=[(NEW, _("新会员")), (EXISTING, _("已有会员")), (NOBODY, _("不记名（礼品卡）"))], initial=NEW
    )
    member_code = forms.CharField(max_length=20, required=False)
    name = forms.CharField(label=_("姓名"), max_length=60, required=False)
    phone = forms.CharField(label=_("手机号"), max_length=30, required=False)
    birthday = DayField(label=_("生日"), required=False, widget=date_input())
    valid_until = DayField(
        label=_("有效期至"), required=False, widget=date_input(), help_text=_("留空则按卡级别的有效期计算。")
    )
    payment_pending = forms.BooleanField(
        label=_("支票或转账付款，待到账"), required=False, help_text=_("到账确认后才能激活使用。")
    )
    vehicle = forms.CharField(
        label=_("绑定车辆"),
        max_length=20,
        required=False,
        help_text=_("会员车辆的车牌号或车架号。绑定后该卡只为这辆车使用；留空则不绑定。"),
    )
    phone_known = forms.BooleanField(label=PHONE_KNOWN, required=False)
    override_reason = forms.CharField(label=_("未达办卡条件时放行的原因"), max_length=LONGEST_NOTE, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("who") == self.EXISTING:
            needed = {"member_code": _("请选择一位会员。")}
        elif given.get("who") == self.NOBODY:
            needed = {}
        else:
            needed = {"name": _("请填写姓名。"), "phone": _("请填写手机号。")}
        for field, message in needed.items():
            if not given.get(field) and field not in self.errors:
                self.add_error(field, ValidationError(message, code="required"))
        return given


class ReverseForm(forms.Form):
    """Why an act at the till is undone."""

    reason = forms.CharField(label=_("冲正原因"), max_length=LONGEST_NOTE)
