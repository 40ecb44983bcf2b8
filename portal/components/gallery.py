"""The living style page at /dev/components/: every part once, with made-up data, in local mode only."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from kernel import clock
from portal.components.faces import FACES
from portal.components.icons import ICON_NAMES
from portal.dev.guard import local_only


class _SampleForm(forms.Form):
    card_number = forms.CharField(label=_("会员卡号"), help_text=_("卡面上的数字，不必输入空格。"))
    amount = forms.CharField(label=_("消费金额"))
    level = forms.ChoiceField(label=_("卡级别"), choices=[("GOLD", _("金卡")), ("SILVER", _("银卡"))])
    note = forms.CharField(label=_("备注"), required=False)
    agree = forms.BooleanField(label=_("已核对证件"), required=False)


@require_safe
@local_only
def gallery(request: HttpRequest) -> HttpResponse:
    """Draw the page."""
    messages.info(request, _("这是一条提示。"))
    wrong = _SampleForm({"card_number": "", "amount": "12.345", "level": "GOLD"})
    wrong.add_error("amount", str(_("最多两位小数。")))
    return render(
        request,
        "dev/components.html",
        {
            "icon_names": ICON_NAMES,
            "cards": [_card(face) for face in FACES],
            "form": _SampleForm(),
            "wrong_form": wrong,
            "records": _records(clock.now()),
            "days": _days(clock.today()),
            "steps": [
                {"title": _("登记连锁与网址"), "state": "done"},
                {"title": _("建立独立数据区"), "state": "active"},
                {"title": _("开业第一家门店"), "state": "todo"},
            ],
            "tones": ("good", "brand", "warn", "bad", ""),
            "notices": ("", "good", "warn", "bad"),
        },
    )


def _card(face: str) -> dict[str, Any]:
    names = {"plain": _("普通卡"), "silver": _("银卡"), "gold": _("金卡"), "diamond": _("钻石卡")}
    return {
        "number": "8800000000120016",
        "level_name": names[face],
        "level_face": face,
        "valid_until": date(2029, 11, 20),
    }


def _records(now: datetime) -> list[dict[str, Any]]:
    rows = [
        ("CONSUMPTION", _("消费"), -26_850, 83_150),
        ("TOP_UP", _("充值"), 100_000, 110_000),
        ("ISSUE", _("发卡"), 0, None),
    ]
    return [
        {
            "kind": kind,
            "kind_label": label,
            "amount_fen": amount_fen,
            "balance_after_fen": balance_fen,
            "occurred_at": now - timedelta(days=days),
        }
        for days, (kind, label, amount_fen, balance_fen) in enumerate(rows)
    ]


def _days(today: date) -> list[dict[str, Any]]:
    return [
        {
            "date": today - timedelta(days=13 - day),
            "revenue_fen": (day * 7919 % 13) * 52_000,
            "top_up_fen": (day * 104_729 % 11) * 61_000,
        }
        for day in range(14)
    ]
