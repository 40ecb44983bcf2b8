"""The forms of applicants: they read what was typed; the services say whether it will do."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from kernel.pictures import LARGEST_BYTES
from membership.applications.domain import Handing
from membership.applications.queries import Offer
from membership.applications.services import Wish
from membership.applications.services.codes import CODE_DIGITS
from membership.members.domain import DocumentKind
from portal.member.forms import PinChangeForm

_PHONE = {"type": "tel", "autocomplete": "tel"}


def _code() -> forms.CharField:
    return forms.CharField(
        label=_("短信验证码"),
        validators=[RegexValidator(rf"\A[0-9]{{{CODE_DIGITS}}}\Z", _("验证码是短信里的 6 位数字。"), code="code_form")],
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "maxlength": CODE_DIGITS}),
    )


class ApplyForm(forms.Form):
    """What is asked of an applicant (R-H03)."""

    card_type = forms.ChoiceField(label=_("卡类型"))
    level = forms.ChoiceField(label=_("希望的级别"))
    name = forms.CharField(label=_("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    document_kind = forms.ChoiceField(label=_("证件类型"), choices=DocumentKind.choices, initial=DocumentKind.ID_CARD)
    id_number = forms.CharField(
        label=_("证件号码"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    photo = forms.FileField(
        label=_("证件照片"),
        required=False,
        help_text=_("JPG 或 PNG，最大 5 MB。加密保存，只供审核，结束后删除。"),
        widget=forms.FileInput(
            attrs={
                "accept": "image/jpeg,image/png",
                "data-most-bytes": LARGEST_BYTES,
                "data-too-large": _("照片太大：最多 5 MB。请缩小后再上传。"),
            }
        ),
    )
    phone = forms.CharField(
        label=_("手机号"), max_length=20, help_text=_("验证码和结果会发到这里。"), widget=forms.TextInput(attrs=_PHONE)
    )
    email = forms.EmailField(
        label=_("电子邮箱"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    handing = forms.ChoiceField(
        label=_("领卡方式"), choices=Handing.choices, initial=Handing.PICK_UP, widget=forms.RadioSelect
    )
    store = forms.ChoiceField(label=_("领卡门店"), required=False)
    address = forms.CharField(
        label=_("邮寄地址"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    agree = forms.BooleanField(label=_("我已阅读并同意以上办卡须知和个人信息处理说明"), required=False)
    terms = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # Nobody sees it; programs that fill in everything do.
    website = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("card_type", [(each.code, each.name) for each in offer.types])
        self._choices("level", [(each.code, each.name) for each in offer.levels])
        self._choices("store", [(str(each.pk), each.name) for each in offer.stores])
        self.fields["photo"].required = offer.policy.photo_required
        if not offer.policy.delivery_offered:
            del self.fields["handing"]
            del self.fields["address"]

    def wish(self) -> Wish:
        """What the service is told."""
        given = self.cleaned_data
        photo = given.get("photo")
        return Wish(
            type_code=given["card_type"],
            level_code=given["level"],
            name=given["name"],
            phone=given["phone"],
            document_kind=DocumentKind(given["document_kind"]),
            id_number=given["id_number"],
            handing=Handing(given.get("handing") or Handing.PICK_UP),
            store_id=int(given["store"]) if given["store"] else None,
            address=given.get("address", ""),
            email=given["email"],
            # One byte more than is taken says that there are too many.
            photo=photo.read(LARGEST_BYTES + 1) if photo else b"",
            terms_version=given["terms"] if given["agree"] else None,
        )

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices


class CodeForm(forms.Form):
    """The code that was sent to the applicant's telephone."""

    code = _code()


class FindForm(forms.Form):
    """Which application, and its telephone."""

    number = forms.CharField(label=_("申请编号"), max_length=20)
    phone = forms.CharField(label=_("手机号"), max_length=20, widget=forms.TextInput(attrs=_PHONE))


class FirstPinForm(PinChangeForm):
    """A PIN of the new member's own choice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, first_time=True, **kwargs)
