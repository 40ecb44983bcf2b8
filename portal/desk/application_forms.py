"""Forms of applications at the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from membership.applications.domain import LONGEST_WAIT_DAYS, SHORTEST_WAIT_DAYS
from membership.applications.models import ApplicationPolicy, ApplicationTerms


class ApproveForm(forms.Form):
    """Which card, and who the applicant is."""

    card_number = forms.CharField(
        label=_("分配的会员卡号"), max_length=40, help_text=_("本店已下发、卡类型和级别相符的空闲卡；可刷卡更换。")
    )
    member_code = forms.CharField(
        label=_("已有会员的编号"),
        max_length=20,
        required=False,
        help_text=_("申请人已是会员时填写，新卡归到该会员名下；留空则新建会员档案。"),
    )
    original_seen = forms.BooleanField(label=_("申请人在场，已核对证件原件"), required=False)
    shared = forms.BooleanField(
        label=_("证件已登记在别人名下，确认仍新建会员"), required=False, help_text=_("两份档案以后可以合并。")
    )


class RejectForm(forms.Form):
    """Why not."""

    reason = forms.CharField(label=_("未通过的原因"), max_length=100, help_text=_("申请人会看到。"))


class RevealNumberForm(forms.Form):
    """Why the whole number is read."""

    reason = forms.CharField(label=_("查看原因"), max_length=100)


class SendForm(forms.Form):
    """The carrier's number."""

    parcel = forms.CharField(label=_("快递公司和单号"), max_length=60, required=False)


class HandOverForm(forms.Form):
    """What was seen when the card was handed over."""

    original_seen = forms.BooleanField(label=_("已核对本人身份证件原件"), required=False)


class LapseForm(forms.Form):
    """Where the card is."""

    card_is_here = forms.BooleanField(label=_("实体卡在店里，一并回收待销毁"), required=False)


class PolicyForm(forms.Form):
    """What the chain chooses for its applications."""

    delivery_offered = forms.BooleanField(label=_("提供邮寄"), required=False, help_text=_("须实名的卡只能到店领取。"))
    photo_required = forms.BooleanField(label=_("须上传证件照片"), required=False)
    per_day = forms.IntegerField(label=_("每天最多受理（份）"), min_value=1, max_value=10_000)
    kept_days = forms.IntegerField(label=_("结束后保留个人资料（天）"), min_value=1, max_value=365)
    waits_days = forms.IntegerField(
        label=_("通过后未领可作废（天）"),
        min_value=SHORTEST_WAIT_DAYS,
        max_value=LONGEST_WAIT_DAYS,
        help_text=_("自通过或寄出之日起；到期由店员决定是否作废。"),
    )
    terms = forms.CharField(
        label=_("办卡须知和个人信息处理说明"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("修改即发布新版本；已提交的申请仍按当时的版本。"),
    )

    def __init__(self, *args: Any, policy: ApplicationPolicy, terms: ApplicationTerms, **kwargs: Any) -> None:
        names = ("delivery_offered", "photo_required", "per_day", "kept_days", "waits_days")
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(policy, name) for name in names} | {"terms": terms.text}
