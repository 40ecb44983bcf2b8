"""The till's form. One form for all acts: the card comes first, and what is done with it may change until Enter."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kernel.ids import token
from kernel.money import Money
from membership.cashier.buying import Customer
from membership.cashier.errors import TenderMismatch
from membership.cashier.tender import StoredScope, Tender
from portal.desk.buyer_forms import BuyerFields
from portal.desk.forms import LONGEST_NOTE
from portal.desk.proofs import ProofForm
from portal.fields import YuanField

CONSUME, TOP_UP, PACKAGE = "consume", "top_up", "package"
MODES = {CONSUME: _("消费"), TOP_UP: _("充值"), PACKAGE: _("用套餐")}


class TillForm(BuyerFields, ProofForm):
    """What a cashier types. It carries a key of its own, so that pressing twice, a reload or another try after a lost
    connection does the act once.

    ``modes``: what this person may do in this store, the usual one first. ``may_sign``, ``may_give``: whether she may
    let members sign for a bill, and give a bonus by hand.
    """

    card = forms.CharField(label=pgettext_lazy("one", "会员卡"), max_length=40)
    mode = forms.ChoiceField(widget=forms.RadioSelect)
    # Wanted by all acts but the use of a package, which wants the other two.
    amount = YuanField(label=_("金额"), required=False)
    product = forms.IntegerField(required=False)
    count = forms.IntegerField(label=_("使用数量"), min_value=1, max_value=100_000, initial=1, required=False)
    # The parts of a payment; what they leave of the amount is paid from the card.
    scope = forms.ChoiceField(label=_("卡内扣款"), choices=StoredScope.choices, required=False)
    prepayment = YuanField(label=_("用预存付"), required=False)
    cash = YuanField(label=_("付现金"), required=False)
    signed = YuanField(label=_("签单"), required=False)
    bonus = YuanField(label=_("赠送金额"), required=False, help_text=_("留空则按赠送规则。"))
    tendered = YuanField(label=_("收到现金"), required=False, help_text=_("填写后算出找零。"))
    note = forms.CharField(label=_("备注"), max_length=LONGEST_NOTE, required=False)
    # Asked only where bearer cards were sold for much at once.
    several = forms.BooleanField(label=_("不是同一人购买，不用登记"), required=False)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, max_length=60, initial=token)
    # Names the act just done that this one looks like; sent with it, it says that a second one is meant.
    repeats = forms.CharField(widget=forms.HiddenInput, max_length=36, required=False)

    def __init__(
        self, *args: Any, modes: list[str], may_sign: bool = False, may_give: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not may_sign:
            del self.fields["signed"]
        if not may_give:
            del self.fields["bonus"]
        self.fields["mode"].choices = [(mode, MODES[mode]) for mode in modes]  # type: ignore[attr-defined]
        self.initial.setdefault("mode", modes[0])
        # Who comes back by the browser's button finds an empty form with a key of its own, not the last amount.
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"
        self.fields["card"].widget.attrs |= {"enterkeyhint": "next", "autocapitalize": "off", "spellcheck": "false"}
        self.fields["amount"].widget.attrs["enterkeyhint"] = "done"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        wanted = {"product": _("请选择套餐。"), "count": _("请填写使用数量。")}
        if given.get("mode") != PACKAGE:
            wanted = {"amount": _("请填写金额。")}
        for name, problem in wanted.items():
            if name not in self.errors and not given.get(name) and not self.data.get(name, "").strip():
                self.add_error(name if name != "product" else None, ValidationError(problem, code="required"))
        return given

    def now_with(self, **values: str) -> None:
        """Change what a form that was sent will be sent with next."""
        self.data = {**self.data.dict(), **values}  # type: ignore[attr-defined]  # a QueryDict

    @property
    def is_unfolded(self) -> bool:
        """Whether something stands in the part of the form that is folded away."""
        folded = ("prepayment", "cash", "signed", "bonus", "tendered", "note")
        named = any(self[name].value() or self[name].errors for name in folded if name in self.fields)
        scoped = "scope" in self.fields and self["scope"].value() not in {None, "", StoredScope.ANY.value}
        return named or scoped or self.has_buyer or self.asks_buyer

    @property
    def asks_buyer(self) -> bool:
        """Whether the form was refused for want of a buyer: only then it offers to say that there were several."""
        return bool(self.data.get("several")) or any(
            error.code == "buyer_unregistered" for error in self.errors.as_data().get("__all__", [])
        )

    def customer(self) -> Customer:
        """Who pays a top-up, as a valid form says."""
        return Customer(buyer=self.buyer(), several=self.cleaned_data["several"])

    def bonus_by_hand(self) -> Money | None:
        """The bonus of a valid form; None where nothing was typed, which leaves it to the chain's rules."""
        typed = "bonus" in self.fields and (self.data.get("bonus") or "").strip()
        return self.cleaned_data["bonus"] if typed else None

    def tender(self) -> Tender:
        """How the amount of a valid form is paid.

        Raises:
            TenderMismatch: the parts come to more than the amount.
        """
        given = self.cleaned_data
        total, parts = (
            given["amount"].fen,
            [given.get(name, Money.ZERO).fen for name in ("prepayment", "cash", "signed")],
        )
        if sum(parts) > total > 0:
            raise TenderMismatch(given=Money(sum(parts)), total=Money(total))
        prepayment_fen, cash_fen, signed_fen = parts
        return Tender(
            stored_fen=total - sum(parts),
            stored_scope=given["scope"] or StoredScope.ANY.value,
            prepayment_fen=prepayment_fen,
            cash_fen=cash_fen,
            signed_fen=signed_fen,
        )
