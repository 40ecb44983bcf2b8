"""Forms of prepayment, signed bills, returns, packages, points, and of the rules behind them."""

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kernel.ids import token
from kernel.money import Money
from ledger.domain import DrawPolicy
from membership.cards.models import CardLevel
from membership.cashier.bonus import BonusKind
from membership.cashier.models import DRAW_POLICY_CHOICES, ChainPolicy, MemberTerms
from membership.cashier.tender import Tender
from membership.packages.domain import PackageUnit
from membership.packages.models import PackageProduct
from portal.desk.forms import LONGEST_NOTE
from portal.desk.proofs import Asks, ProofForm
from portal.fields import DayField, YuanField
from tenants.stores.models import Store

_BP_PER_PERCENT = 100


class OnceForm(forms.Form):
    """A form that carries a key of its own: sent twice, it does its act once."""

    idempotency_key = forms.CharField(widget=forms.HiddenInput, max_length=60, initial=token)


class PartsForm(OnceForm):
    """What something is paid with. Empty parts are nothing."""

    cash = YuanField(label=_("现金"), required=False)
    prepayment = YuanField(label=_("预存"), required=False)
    stored = YuanField(label=_("卡内储值"), required=False)

    def tender(self) -> Tender:
        """The parts of a valid form."""
        given = self.cleaned_data
        return Tender(
            stored_fen=given["stored"].fen, prepayment_fen=given["prepayment"].fen, cash_fen=given["cash"].fen
        )


class PayInForm(OnceForm):
    """Money paid ahead, or given back."""

    amount = YuanField(label=_("金额"))
    note = forms.CharField(label=_("备注"), max_length=LONGEST_NOTE, required=False)


class PayOutForm(OnceForm):
    """Prepayment given back in cash; says why."""

    amount = YuanField(label=_("退还金额"))
    reason = forms.CharField(label=_("原因"), max_length=LONGEST_NOTE)


class CardSearchForm(forms.Form):
    """Which card it is about."""

    number = forms.CharField(label=_("会员卡号"), max_length=40)


class SignedFilterForm(forms.Form):
    """What narrows the list of signed bills."""

    STATES = (("open", _("未结清")), ("overdue", _("已逾期")), ("all", _("全部")))

    state = forms.ChoiceField(label=_("状态"), choices=STATES, required=False, initial="open")
    q = forms.CharField(label=_("卡号、姓名或签单号"), max_length=40, required=False)


class ReturnForm(OnceForm):
    """Goods that come back."""

    amount = YuanField(label=_("退货金额"))
    reason = forms.CharField(label=_("退货原因"), max_length=LONGEST_NOTE)
    without_card = forms.BooleanField(label=_("顾客未带卡（按规则收手续费）"), required=False)


class FaultFormForm(OnceForm):
    """A wrong top-up, as the store reports it."""

    what_happened = forms.CharField(
        label=_("误充原因"), max_length=LONGEST_NOTE, help_text=_("提交后这张卡立即冻结，由总部资金部核准后退回。")
    )


class PointsForm(OnceForm):
    """Points given or taken by hand."""

    number = forms.CharField(label=_("会员卡号"), max_length=40)
    points = forms.IntegerField(
        label=_("积分"), min_value=-10_000_000, max_value=10_000_000, help_text=_("正数增加，负数扣减。")
    )
    reason = forms.CharField(label=_("原因"), max_length=LONGEST_NOTE)


class ProductForm(forms.Form):
    """A package to be put on sale."""

    name = forms.CharField(label=_("套餐名称"), max_length=60)
    unit = forms.ChoiceField(label=_("计量"), choices=PackageUnit.choices)
    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=100_000)
    price = YuanField(label=_("售价（元）"))
    validity_months = forms.IntegerField(label=_("有效期（月）"), min_value=1, max_value=120, initial=12)

    def clean_name(self) -> str:
        """Each name once: cashiers tell packages by it."""
        name: str = self.cleaned_data["name"].strip()
        if PackageProduct.objects.filter(name=name).exists():
            raise ValidationError(_("已有同名套餐。"))
        return name


class SellPackageForm(PartsForm, ProofForm):
    """Which package, and what pays for it."""

    product = forms.ChoiceField(label=_("套餐"))

    field_order = ("product", "cash", "prepayment", "stored", "vehicle", "pin")

    def __init__(self, *args: Any, products: list[PackageProduct], asks: Asks, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.only(asks)
        self.fields["product"].choices = [(str(product.pk), _label(product)) for product in products]  # type: ignore[attr-defined]


class SettleForm(PartsForm, ProofForm):
    """What a signed bill is paid with. No vehicle is served by it."""

    field_order = ("cash", "prepayment", "stored", "pin")

    def __init__(self, *args: Any, asks: Asks, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.only(replace(asks, vehicle=False))


class UsePackageForm(OnceForm, ProofForm):
    """So many counts or minutes of a package."""

    product = forms.ChoiceField(label=_("套餐"))
    count = forms.IntegerField(label=_("使用数量"), min_value=1, max_value=100_000, initial=1)
    note = forms.CharField(label=_("备注"), max_length=LONGEST_NOTE, required=False)

    field_order = ("product", "count", "note", "vehicle", "pin")

    def __init__(self, *args: Any, products: list[PackageProduct], asks: Asks, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.only(asks)
        self.fields["product"].choices = [(str(product.pk), product.name) for product in products]  # type: ignore[attr-defined]


class PolicyForm(forms.Form):
    """The chain's settings at the till."""

    draw_policy = forms.ChoiceField(label=_("扣款顺序"), choices=DRAW_POLICY_CHOICES)
    bonus_validity_months = forms.IntegerField(
        label=_("赠送金额有效期（月）"), min_value=1, max_value=120, required=False, help_text=_("留空为不过期。")
    )
    signed_limit = YuanField(label=_("每会员签单限额（元）"), required=False, help_text=_("0 为不允许签单。"))
    signed_due_days = forms.IntegerField(label=_("签单账期（天）"), min_value=0, max_value=365)
    return_fee_percent = forms.DecimalField(
        label=_("无卡退货手续费（%）"), min_value=0, max_value=3, decimal_places=2, help_text=_("默认 0，不收取。")
    )

    @classmethod
    def of(cls, policy: ChainPolicy, data: Any = None) -> "PolicyForm":
        """The form with what stands now."""
        initial = {
            "draw_policy": policy.draw_policy,
            "bonus_validity_months": policy.bonus_validity_months,
            "signed_limit": f"{policy.signed_limit_fen / 100:.2f}",
            "signed_due_days": policy.signed_due_days,
            "return_fee_percent": f"{policy.return_fee_bp / _BP_PER_PERCENT:g}",
        }
        return cls(data, initial=initial, prefix="policy")

    def asked(self) -> dict[str, Any]:
        """What a valid form asks of ``policies.set_policy``."""
        given = self.cleaned_data
        return {
            "draw_policy": DrawPolicy(given["draw_policy"]),
            "bonus_validity_months": given["bonus_validity_months"],
            "signed_limit_fen": given["signed_limit"].fen,
            "signed_due_days": given["signed_due_days"],
            "return_fee_bp": int(given["return_fee_percent"] * _BP_PER_PERCENT),
        }


class MemberTermsForm(forms.Form):
    """What holds at the till for one member alone."""

    signed_limit = YuanField(label=_("签单限额（元）"), required=False)
    is_staff = forms.BooleanField(label=_("本商户员工（充值不享受赠送）"), required=False)

    @classmethod
    def of(cls, terms: MemberTerms, *, chains_limit: Money, data: Any = None) -> "MemberTermsForm":
        """The form with what stands now."""
        limit = terms.signed_limit_fen
        initial = {"signed_limit": "" if limit is None else f"{limit / 100:.2f}", "is_staff": terms.is_staff}
        form = cls(data, initial=initial)
        said = gettext("留空按商户的统一限额 %(limit)s；0 为不允许签单。") % {"limit": chains_limit}
        form.fields["signed_limit"].help_text = said
        return form

    def asked(self) -> dict[str, Any]:
        """What a valid form asks of ``policies.set_member_terms``. An empty limit is the chain's."""
        typed = (self.data.get("signed_limit") or "").strip()
        return {
            "signed_limit_fen": self.cleaned_data["signed_limit"].fen if typed else None,
            "is_staff": self.cleaned_data["is_staff"],
        }


class _RuleForm(forms.Form):
    """What rules of bonus and of points have in common."""

    name = forms.CharField(label=_("规则名称"), max_length=60)
    level = forms.ChoiceField(label=_("卡级别"), required=False)
    starts_on = DayField(label=_("开始日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = DayField(label=_("结束日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, levels: list[CardLevel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("全部级别")), *((str(level.pk), level.name) for level in levels)]
        self.fields["level"].choices = choices  # type: ignore[attr-defined]

    def _common(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "name": given["name"].strip(),
            "level_id": int(given["level"]) if given["level"] else None,
            "starts_on": given["starts_on"],
            "ends_on": given["ends_on"],
        }


class BonusRuleForm(_RuleForm):
    """A new rule of bonus."""

    min_paid = YuanField(label=_("充值满（元）"))
    kind = forms.ChoiceField(label=_("赠送方式"), choices=BonusKind.choices)
    value = forms.DecimalField(
        label=_("赠送"), min_value=0, max_digits=10, decimal_places=2, help_text=_("固定金额填元；按比例填百分数。")
    )
    store = forms.ChoiceField(label=_("门店"), required=False)
    day_cap = YuanField(label=_("每会员每日上限（元）"), required=False)
    validity_months = forms.IntegerField(label=_("赠送有效期（月）"), min_value=1, max_value=120, required=False)

    field_order = ("name", "min_paid", "kind", "value", "level", "store", "day_cap", "validity_months")

    def __init__(self, *args: Any, stores: list[Store], **kwargs: Any) -> None:
        super().__init__(*args, prefix="bonus", **kwargs)
        choices = [("", _("全部门店")), *((str(store.pk), store.name) for store in stores)]
        self.fields["store"].choices = choices  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """What a valid form asks of ``policies.add_bonus_rule``."""
        given = self.cleaned_data
        return self._common() | {
            "min_paid_fen": given["min_paid"].fen,
            "kind": given["kind"],
            # Fen for yuan, hundredths of a percent for percents: both by the hundred.
            "value": int(given["value"] * 100),
            "store_id": int(given["store"]) if given["store"] else None,
            "day_cap_fen": given["day_cap"].fen or None,
            "validity_months": given["validity_months"],
        }


class PointsRuleForm(_RuleForm):
    """A new rule of points."""

    per_point = YuanField(label=_("每积 1 分需消费（元）"))

    field_order = ("name", "per_point", "level")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="points", **kwargs)

    def asked(self) -> dict[str, Any]:
        """What a valid form asks of ``policies.add_points_rule``."""
        return self._common() | {"fen_per_point": self.cleaned_data["per_point"].fen}


class PreviewForm(forms.Form):
    """A card and an amount to show the draw orders with."""

    number = forms.CharField(label=_("示例卡号"), max_length=40)
    amount = YuanField(label=_("消费金额（元）"), initial="100")


def _label(product: PackageProduct) -> str:
    return f"{product.name} · ¥{product.price_fen / 100:.2f}"
