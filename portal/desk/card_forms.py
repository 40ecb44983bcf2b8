"""Forms of a card's life and of card settings: they read what was typed; the services say whether it may be done."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import IdShown, Shown
from membership.cards.models import CardLevel, CardType
from membership.cards.policy import PinAsk, TypeKind, UseBy
from membership.members.domain import DocumentKind
from portal.desk.forms import LONGEST_NOTE, date_input
from portal.fields import DayField, YuanField

_LONGEST_NAME = 40
_LONGEST_NUMBER = 40


class ShownForm(forms.Form):
    """Whose IDs were looked at, and the numbers on them where they are typed (R-J02, R-L08)."""

    # Nothing is chosen beforehand: whoever sends it says what she has looked at, and the trail keeps that.
    id_shown = forms.ChoiceField(
        label=_("证件核对"),
        choices=IdShown.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请先核对证件，再选择核对了谁的证件。")},
    )
    holder_document = forms.ChoiceField(
        label=_("会员证件类型"), choices=DocumentKind.choices, initial=DocumentKind.ID_CARD, required=False
    )
    holder_number = forms.CharField(
        label=_("会员证件号码"),
        max_length=_LONGEST_NUMBER,
        required=False,
        help_text=_("录入后与登记的号码比对，只显示是否一致。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    agent_name = forms.CharField(label=_("代办人姓名"), max_length=_LONGEST_NAME, required=False)
    agent_id = forms.CharField(
        label=_("代办人身份证号"),
        max_length=_LONGEST_NUMBER,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, asks_id: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_id:
            for name in ShownForm.base_fields:
                del self.fields[name]

    @property
    def asks_id(self) -> bool:
        """Whether the act wants to know who has come."""
        return "id_shown" in self.fields

    def shown(self, *, matched: bool) -> Shown:
        """What the service is told of whoever came; ``matched``: the holder's number was compared and is hers."""
        given = self.cleaned_data
        return Shown(
            by=IdShown(given["id_shown"]),
            agent_name=given["agent_name"],
            agent_id=given["agent_id"],
            matched=matched,
        )


class CardStepForm(ShownForm):
    """A step of a card's life, and why it is taken; whose IDs were looked at, where they must be (R-J02, R-L08)."""

    step = forms.CharField(widget=forms.HiddenInput, max_length=20)
    reason = forms.CharField(label=_("原因"), max_length=LONGEST_NOTE)

    def __init__(self, *args: Any, asks_reason: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_reason:
            del self.fields["reason"]

    def given(self, *, matched: bool = False) -> dict[str, Any]:
        """What the service is given besides the card: only what this step asks."""
        asked: dict[str, Any] = {"reason": self.cleaned_data["reason"]} if "reason" in self.fields else {}
        return asked | ({"shown": self.shown(matched=matched)} if self.asks_id else {})


class SuccessorForm(ShownForm):
    """The new card for an old one, and how its fee is paid (R-J03, R-C07)."""

    CASH, CARD = "cash", "card"

    new_number = forms.CharField(label=_("新卡卡号"), max_length=40, help_text=_("请刷或输入一张空闲卡的卡号。"))
    fee_from = forms.ChoiceField(
        label=_("工本费支付"),
        choices=[(CASH, _("现金")), (CARD, _("从卡内余额扣除"))],
        initial=CASH,
        widget=forms.RadioSelect,
        required=False,
    )
    reason = forms.CharField(label=_("原因"), max_length=LONGEST_NOTE, required=False)

    def __init__(self, *args: Any, has_fee: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_fee:
            del self.fields["fee_from"]
        self.order_fields(["new_number", *ShownForm.base_fields])


class ChoosePinForm(forms.Form):
    """A PIN that the member sets herself."""

    new_pin = forms.CharField(
        label=_("新密码（6 位数字）"),
        max_length=6,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输入一次"),
        max_length=6,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "new-password"}),
    )


class AccountExpiryForm(forms.Form):
    """The new end of several cards' accounts (R-C02)."""

    until = DayField(label=_("新的账户到期日"), widget=date_input())
    reason = forms.CharField(label=_("原因"), max_length=LONGEST_NOTE, required=False)


class LevelForm(forms.Form):
    """A level (R-B09)."""

    code = forms.RegexField(r"\A[A-Za-z0-9_]+\Z", label=_("级别代码"), max_length=20)
    name = forms.CharField(label=_("级别名称"), max_length=_LONGEST_NAME)
    rank = forms.IntegerField(label=_("次序"), min_value=0, max_value=999)
    validity_months = forms.IntegerField(label=_("有效期（月）"), min_value=1, max_value=1200)
    balance_cap = YuanField(label=_("余额上限（元）"))
    offered_online = forms.BooleanField(label=_("网上可申请"), required=False)

    def __init__(self, *args: Any, level: CardLevel | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if level is not None:
            del self.fields["code"]


class CardRulesForm(forms.Form):
    """When tills ask for the PIN (X-19)."""

    pin_ask = forms.ChoiceField(label=_("消费验密"), choices=PinAsk.choices)
    pin_above = YuanField(label=_("免密限额（元）"), required=False)
    pin_failures = forms.IntegerField(label=_("密码错误锁卡次数"), min_value=3, max_value=20)
    id_number_required = forms.BooleanField(
        label=_("办理时须录入证件号码"),
        required=False,
        help_text=_("挂失、解除挂失、解除密码锁定和补卡时，录入会员的证件号码并核对；代办时还须录入代办人的身份证号。"),
    )
    one_member_per_id = forms.BooleanField(
        label=_("同一证件只登记一位会员"),
        required=False,
        help_text=_("不勾选时，证件已登记在别人名下只提醒，确认后仍可登记，以后再合并。"),
    )


class CardTypeForm(forms.Form):
    """What cards of a type may do."""

    code = forms.RegexField(r"\A[A-Za-z0-9_]+\Z", label=_("类型代码"), max_length=20)
    name = forms.CharField(label=_("类型名称"), max_length=_LONGEST_NAME)
    kind = forms.ChoiceField(label=_("性质"), choices=TypeKind.choices)
    use_by = forms.ChoiceField(label=_("使用人"), choices=UseBy.choices, initial=UseBy.BEARER)
    member_required = forms.BooleanField(label=_("须登记会员"), required=False, initial=True)
    real_name = forms.BooleanField(label=_("须实名"), required=False, help_text=_("发卡前须登记身份证件和手机号。"))
    earns_points = forms.BooleanField(label=_("可积分"), required=False, initial=True)
    top_up_allowed = forms.BooleanField(
        label=_("可充值"), required=False, initial=True, help_text=_("不可充值的卡只在售出时充入一次。")
    )
    balance_cap = YuanField(label=_("余额上限（元）"), help_text=_("记名卡不超过 5,000 元，不记名卡不超过 1,000 元。"))
    cards_per_id = forms.IntegerField(
        label=_("每证件限办（张）"), min_value=1, max_value=999, required=False, help_text=_("留空则不限。")
    )
    bearer_min_validity_months = forms.IntegerField(
        label=_("不记名卡最短有效期（月）"), min_value=36, max_value=1200, initial=36
    )
    reissue_fee = YuanField(label=_("补卡工本费（元）"), required=False)
    pin_ask = forms.ChoiceField(label=_("消费验密"), choices=[("", _("按商户规则")), *PinAsk.choices], required=False)
    pin_above = YuanField(label=_("免密限额（元）"), required=False)
    number_prefix = forms.CharField(label=_("卡号前缀"), max_length=16, required=False)
    number_length = forms.IntegerField(label=_("卡号长度"), min_value=4, max_value=32, required=False)
    check_digit = forms.BooleanField(label=_("卡号末位为校验位"), required=False)
    internal_prefix = forms.CharField(label=_("内部编码前缀"), max_length=16, required=False)
    internal_length = forms.IntegerField(label=_("内部编码长度"), min_value=1, max_value=32, required=False)
    same_day_spend = YuanField(label=_("办卡条件：当日消费满（元）"), required=False)
    accumulated_spend = YuanField(label=_("办卡条件：累计消费满（元）"), required=False)
    accumulated_months = forms.IntegerField(label=_("累计期间（月）"), min_value=1, max_value=120, initial=12)
    offered_online = forms.BooleanField(
        label=_("网上可申请"), required=False, help_text=_("客户可在本商户的网站上自助申请这种卡，由前台审核。")
    )

    _YUAN = ("balance_cap", "reissue_fee", "pin_above")
    _CONDITIONS = ("same_day_spend", "accumulated_spend")

    def __init__(self, *args: Any, card_type: CardType | None = None, **kwargs: Any) -> None:
        if card_type is not None:
            kwargs["initial"] = self._initial_of(card_type)
        super().__init__(*args, **kwargs)
        if card_type is not None:
            del self.fields["code"]

    def values(self) -> dict[str, Any]:
        """By the names of the type's fields; amounts in fen, a condition of nothing is none."""
        given = dict(self.cleaned_data)
        given.pop("code", None)
        for name in self._YUAN:
            given[f"{name}_fen"] = given.pop(name).fen
        for name in self._CONDITIONS:
            given[f"{name}_fen"] = given.pop(name).fen or None
        return given

    def _initial_of(self, card_type: CardType) -> dict[str, Any]:
        names = [name for name in self.base_fields if hasattr(card_type, name)]
        initial = {name: getattr(card_type, name) for name in names}
        for name in (*self._YUAN, *self._CONDITIONS):
            fen = getattr(card_type, f"{name}_fen")
            initial[name] = "" if fen is None else f"{fen // 100}.{fen % 100:02}"
        return initial


class TypeEnablingForm(forms.Form):
    """What a department reports to have a type enabled (R-E07)."""

    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=10_000_000)
    offer = forms.CharField(label=_("优惠内容"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))
    discount = forms.CharField(label=_("折扣"), max_length=40, required=False)
