"""Forms about members and vehicles: they read what was typed; whether it may be done is for the services to say."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from membership.members.domain import (
    Category,
    ConsentChannel,
    ConsentPurpose,
    ConsentSource,
    DocumentKind,
    LunarBirthday,
    TagColour,
)
from membership.members.models import Member, Tag
from membership.members.services import Details
from membership.vehicles.services import VehicleDetails
from portal.fields import DayField
from tenants.stores.models import Store

_ANY = ("", _("全部"))
_NONE = ("", _("不填"))
_LONGEST_REASON = 100


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _reason() -> forms.CharField:
    return forms.CharField(label=_("原因"), max_length=_LONGEST_REASON, min_length=2)


def _document_kind() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("证件类型"), choices=DocumentKind.choices, initial=DocumentKind.ID_CARD)


def _document_number(*, required: bool = True) -> forms.CharField:
    # A browser that remembers what was typed would show one person's number to the next.
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=_("证件号码"), max_length=40, required=required, widget=widget)


class MemberFilterForm(forms.Form):
    """What narrows the member list. ID numbers have a form of their own: an address is no place for one."""

    q = forms.CharField(label=_("姓名、手机号、会员编号或卡号"), max_length=40, required=False)
    plate = forms.CharField(label=_("车牌号"), max_length=20, required=False)
    vin = forms.CharField(label=_("车架号"), max_length=20, required=False)
    category = forms.ChoiceField(label=_("客户类别"), choices=[_ANY, *Category.choices], required=False)
    tag = forms.ChoiceField(label=_("标签"), required=False)

    def __init__(self, *args: Any, tags: list[Tag], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tag"].choices = [_ANY, *((str(tag.pk), tag.name) for tag in tags)]  # type: ignore[attr-defined]


class DocumentSearchForm(forms.Form):
    """An ID number to look for."""

    id_number = _document_number()


# Asked for each form: what is put together once stays in the language that was spoken then.
def _lunar_months() -> list[tuple[str, Any]]:
    return [_NONE, *((str(month), gettext("%(month)d 月") % {"month": month}) for month in range(1, 13))]


def _lunar_days() -> list[tuple[str, Any]]:
    return [_NONE, *((str(day), gettext("%(day)d 日") % {"day": day}) for day in range(1, 31))]


PHONE_KNOWN = _("已核对：手机号虽已登记在别人名下，仍要登记这一位")
_CONFIRMED = {
    "phone_already_filed": PHONE_KNOWN,
    "id_already_filed": _("已核对：证件虽已登记在别人名下，仍要登记在这里"),
    "birthday_contradicts": _("已核对：生日确与证件不同，仍要保存"),
}


class MemberForm(forms.Form):
    """What is known of a member. Name and telephone are enough to begin; the rest folds out. What is refused until
    somebody says that she knows it is asked only then.
    """

    name = forms.CharField(label=_("姓名"), max_length=60)
    phone = forms.CharField(label=_("手机号"), max_length=30)
    category = forms.ChoiceField(
        label=_("客户类别"), choices=Category.choices, required=False, help_text=_("只有“保有客户”可以办卡。")
    )
    document_kind = forms.ChoiceField(label=_("证件类型"), choices=[_NONE, *DocumentKind.choices], required=False)
    document_number = _document_number(required=False)
    birthday = DayField(label=_("生日"), required=False, widget=_day())
    lunar_month = forms.ChoiceField(label=_("农历生日：月"), choices=_lunar_months, required=False)
    lunar_day = forms.ChoiceField(label=_("农历生日：日"), choices=_lunar_days, required=False)
    lunar_leap = forms.BooleanField(label=_("生在闰月"), required=False)
    landline = forms.CharField(
        label=_("固定电话"), max_length=30, required=False, help_text=_("连同区号，例如 021-58881234。")
    )
    email = forms.CharField(label=_("电子邮箱"), max_length=120, required=False)
    address = forms.CharField(label=_("地址"), max_length=200, required=False)
    confirmed = forms.MultipleChoiceField(
        label=_("确认"), choices=list(_CONFIRMED.items()), required=False, widget=forms.CheckboxSelectMultiple
    )

    FOLDS = (
        ("identity", _("身份证件"), ("document_kind", "document_number")),
        ("birthday", _("生日"), ("birthday", "lunar_month", "lunar_day", "lunar_leap")),
        ("contact", _("类别与联系方式"), ("category", "landline", "email", "address")),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("document_number") and not given.get("document_kind"):
            given["document_kind"] = DocumentKind.ID_CARD.value
        if bool(given.get("lunar_month")) != bool(given.get("lunar_day")):
            self.add_error("lunar_day", _("农历生日的月和日要么都填，要么都不填。"))
        return given

    def ask(self, code: str) -> None:
        """Have the form ask whether she knows what was refused by this code, besides what she has confirmed."""
        asked = [*self.cleaned_data["confirmed"], code]
        shown = [(one, said) for one, said in _CONFIRMED.items() if one in asked]
        self.fields["confirmed"].choices = shown  # type: ignore[attr-defined]
        self.asks = bool(shown)

    asks = False
    """Whether it shows ``confirmed``."""

    @property
    def knowingly(self) -> dict[str, bool]:
        """What she has confirmed, by the services' names."""
        given = self.cleaned_data["confirmed"]
        return {"shared": "id_already_filed" in given, "birthday_differs": "birthday_contradicts" in given}

    @property
    def phone_shared(self) -> bool:
        """Whether she has confirmed that the telephone is another member's too."""
        return "phone_already_filed" in self.cleaned_data["confirmed"]

    def details(self, *, of: Member | None = None) -> Details:
        """The fields as the services take them; what the form does not ask stays as the member has it."""
        given = self.cleaned_data
        category = given["category"] or (of.category if of else Category.RETAINED)
        return Details(
            category=Category(category),
            landline=given["landline"],
            email=given["email"],
            address=given["address"],
            lunar_birthday=self._lunar(of),
        )

    def _lunar(self, member: Member | None) -> LunarBirthday | None:
        given = self.cleaned_data
        if not given["lunar_month"]:
            return None
        month, day, leap = int(given["lunar_month"]), int(given["lunar_day"]), given["lunar_leap"]
        known = member.lunar_birthday if member else None
        same = known is not None and (known.month, known.day, known.leap) == (month, day, leap)
        return LunarBirthday(month=month, day=day, leap=leap, year=known.year if known and same else None)

    def folds(self) -> list[dict[str, Any]]:
        """The parts that fold out: open where something is filled in or wants correcting."""
        return [
            {
                "code": code,
                "label": label,
                "fields": [self[name] for name in names],
                "open": any(self[name].errors or self[name].value() for name in names),
            }
            for code, label, names in self.FOLDS
        ]


class DocumentForm(forms.Form):
    """A document that the member shows: to file it, or to compare its number."""

    document_kind = _document_kind()
    document_number = _document_number()


class RevealForm(forms.Form):
    """Which number is read in full, and why."""

    document_kind = _document_kind()
    reason = _reason()


class ReasonForm(forms.Form):
    """Why something is done that is kept with its reason."""

    reason = _reason()


class MergeForm(forms.Form):
    """Who survives, and why the two are one."""

    survivor = forms.ChoiceField(label=_("保留哪一位"), widget=forms.RadioSelect)
    reason = _reason()

    def __init__(self, *args: Any, members: list[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["survivor"].choices = [(member.code, f"{member.code} {member.name}") for member in members]  # type: ignore[attr-defined]


class MergePairForm(forms.Form):
    """Two codes to compare."""

    first = forms.CharField(label=_("会员编号"), max_length=20)
    second = forms.CharField(label=_("另一个会员编号"), max_length=20)


class ConsentForm(forms.Form):
    """What a member agreed to, by which way, and how that is proved. Nothing is chosen beforehand."""

    purpose = forms.ChoiceField(label=_("目的"), choices=[("", _("请选择")), *ConsentPurpose.choices])
    channel = forms.ChoiceField(label=_("渠道"), choices=[("", _("请选择")), *ConsentChannel.choices])
    how = forms.ChoiceField(label=_("同意方式"), choices=[("", _("请选择")), *ConsentSource.choices])
    proof = forms.CharField(
        label=_("凭据"), max_length=80, required=False, help_text=_("书面表编号、录音编号等，将来凭它证明会员同意过。")
    )


class WithdrawForm(forms.Form):
    """Which consent ends."""

    purpose = forms.ChoiceField(choices=ConsentPurpose.choices)
    channel = forms.ChoiceField(choices=ConsentChannel.choices)


class TagsForm(forms.Form):
    """The tags a member wears."""

    tags = forms.MultipleChoiceField(label=_("标签"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, tags: list[Tag], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].choices = [(str(tag.pk), tag.name) for tag in tags]  # type: ignore[attr-defined]


class TagForm(forms.Form):
    """A word of the chain's."""

    name = forms.CharField(label=_("标签名称"), max_length=20)
    colour = forms.ChoiceField(label=_("颜色"), choices=TagColour.choices, initial=TagColour.PLAIN)


class VehicleForm(forms.Form):
    """What is known of a vehicle."""

    plate = forms.CharField(label=_("车牌号"), max_length=20, required=False)
    vin = forms.CharField(
        label=_("车架号"), max_length=30, required=False, help_text=_("17 位，见行驶证或前挡风玻璃。")
    )
    model_name = forms.CharField(label=_("车型"), max_length=60, required=False)
    registered_on = DayField(label=_("初次登记日期"), required=False, widget=_day())
    repair_centres = forms.MultipleChoiceField(
        label=_("维修中心"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("办理入会的门店须在其中。"),
        required=False,
    )

    def __init__(self, *args: Any, stores: list[Store], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["repair_centres"].choices = [(str(store.pk), store.name) for store in stores]  # type: ignore[attr-defined]

    def details(self) -> VehicleDetails:
        """The fields as the services take them."""
        names = ("vin", "plate", "model_name", "registered_on")
        return VehicleDetails(**{name: self.cleaned_data[name] for name in names})

    def store_ids(self) -> list[int]:
        """The chosen repair centres."""
        return [int(pk) for pk in self.cleaned_data["repair_centres"]]


class OwnerForm(forms.Form):
    """Who owns the vehicle now; empty when it was sold to a stranger."""

    owner_code = forms.CharField(
        label=_("新车主的会员编号"), max_length=20, required=False, help_text=_("卖给了外人就留空。")
    )


class VehicleFilterForm(forms.Form):
    """What narrows the list of vehicles."""

    q = forms.CharField(label=_("车牌号、车架号、车主姓名或编号"), max_length=40, required=False)
