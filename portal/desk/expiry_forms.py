"""Forms of expiry and dormancy."""

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.expiry.domain import PointsPolicy


class ExpiryRulesForm(forms.Form):
    """When points are void and when a card counts as dormant."""

    points_policy = forms.ChoiceField(label=_("积分有效期规则"), choices=PointsPolicy.choices)
    points_months = forms.IntegerField(label=_("积分有效期（月）"), min_value=1, max_value=120)
    points_notice_days = forms.IntegerField(
        label=_("清零提前通知（天）"), min_value=7, max_value=180, help_text=_("通知发出满这么多天之后才会清零。")
    )
    dormant_months = forms.IntegerField(label=_("睡眠卡认定（月）"), min_value=6, max_value=120)
    dormancy_notice_days = forms.IntegerField(
        label=_("冻结提前通知（天）"), min_value=7, max_value=180, help_text=_("清单批准并公告满这么多天之后才会冻结。")
    )
    validity_notice_days = forms.IntegerField(
        label=_("卡到期提前提醒（天）"),
        min_value=0,
        max_value=180,
        help_text=_("会员卡到期前这么多天提醒会员；填 0 不提醒。"),
    )


class ReopenForm(forms.Form):
    """The form a customer fills in at the desk for her dormant card (R-G05)."""

    card_number = forms.CharField(label=_("会员卡号"), max_length=40)
    verified_by = forms.ChoiceField(
        label=_("核验方式"),
        choices=[("身份证件", _("身份证件")), ("登记手机号", _("登记手机号")), ("消费密码", _("消费密码"))],
    )
    note = forms.CharField(label=_("说明"), max_length=200, required=False)
