"""Forms of the chain's account: they read what was typed; whether it may be done is for the services to say."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.payments.domain import MIN_TOP_UP, Method
from billing.payments.models import AutoTopUp, SavedCard
from kernel.money import Money
from portal.fields import YuanField


class TopUpForm(forms.Form):
    """How much, and how. ``key`` makes a form that is sent twice one top-up."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = YuanField(label=_("充值金额（元）"))
    method = forms.ChoiceField(label=_("支付方式"), choices=Method.choices, widget=forms.RadioSelect)


class AutomaticForm(forms.Form):
    """The standing order."""

    enabled = forms.BooleanField(label=_("开启自动充值"), required=False)
    threshold = YuanField(label=_("余额低于（元）"))
    amount = YuanField(label=_("每次充值（元）"), help_text=_("由所选银行卡支付。"))
    card = forms.ChoiceField(label=_("银行卡"), required=False)

    def __init__(self, *args: Any, cards: list[SavedCard], order: AutoTopUp | None, **kwargs: Any) -> None:
        threshold, amount = (order.threshold_fen, order.amount_fen) if order else (10_000, 50_000)
        initial = {
            "enabled": order.enabled if order else False,
            "threshold": str(Money(threshold).yuan),
            "amount": str(Money(max(amount, MIN_TOP_UP.fen)).yuan),
            "card": str(order.card_id) if order and order.card_id else "",
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        choices = [(str(card.pk), str(card)) for card in cards]
        self.fields["card"].choices = choices or [("", _("还没有银行卡"))]  # type: ignore[attr-defined]
