"""Forms of the desk's people, stores and keys: they check what was typed; the services decide."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kernel.ids import token
from portal.fields import DayField
from tenants.audit.domain import ACTS
from tenants.people.domain import API_ACTS, Act
from tenants.people.models import Role, User
from tenants.people.presets import OWNER_ROLE
from tenants.stores.models import Store

ALL_STORES = "all"
_UNCHOSEN: tuple[str, Any] = ("", _("请选择"))


def store_choices(stores: list[Store], *, everywhere: bool) -> list[tuple[str, Any]]:
    """The stores to choose from, with "all" for those who may choose it. Nothing is chosen beforehand: it would be the
    widest.
    """
    named: list[tuple[str, Any]] = [(str(store.pk), store.name) for store in stores]
    return [_UNCHOSEN, *([(ALL_STORES, _("全部门店"))] if everywhere else []), *named]


class _ScopeForm(forms.Form):
    """Something that holds in one store, or in all of them."""

    store = forms.ChoiceField(label=_("门店"))

    def __init__(self, *args: Any, stores: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].choices = stores  # type: ignore[attr-defined]

    def clean_store(self) -> int | None:
        """The store's id, or None for all."""
        chosen: str = self.cleaned_data["store"]
        return None if chosen == ALL_STORES else int(chosen)


class StaffForm(forms.Form):
    """What is known of a member of staff."""

    name = forms.CharField(label=_("姓名"), max_length=80)
    email = forms.EmailField(label=_("邮箱"), max_length=254, required=False)
    phone = forms.CharField(label=_("手机号"), max_length=20, required=False)


class NewPasswordForm(forms.Form):
    """A password chosen for somebody else, to be changed by her."""

    password = forms.CharField(
        label=_("初始密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("至少 8 位，不能全是数字。请本人登录后修改。"),
    )


class NewStaffForm(StaffForm, NewPasswordForm):
    """A new account."""

    username = forms.RegexField(
        label=_("用户名"),
        regex=r"\A[\w.@+-]+\Z",
        max_length=60,
        help_text=_("用于登录，创建后不能修改。"),
        error_messages={"invalid": _("只能使用字母、数字和 . @ + - _")},
    )
    field_order = ("username", "name", "password", "email", "phone")

    def clean(self) -> dict[str, Any]:
        """Says what is wrong with the password together with everything else, not only once the rest is right."""
        given = super().clean() or {}
        if "password" in given:
            person = User(**{name: given.get(name) or "" for name in ("username", "name", "email")})
            try:
                validate_password(given["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return given


class AssignForm(_ScopeForm):
    """A role in a store, or in all of them."""

    role = forms.ChoiceField(label=_("角色"))
    field_order = ("role", "store")

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(role.code, role.label) for role in roles if role.code != OWNER_ROLE]
        self.fields["role"].choices = [_UNCHOSEN, *named]  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """A role of the chain's own."""

    name = forms.CharField(label=_("角色名称"), max_length=40)


class StoreForm(forms.Form):
    """A new store."""

    code = forms.RegexField(
        label=_("门店编码"),
        regex=r"\A[A-Za-z0-9-]+\Z",
        max_length=20,
        error_messages={"invalid": _("只能使用字母、数字和连字符")},
    )
    name = forms.CharField(label=_("门店名称"), max_length=80)
    opened_on = DayField(label=_("开业日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    agreed = forms.BooleanField(label=_("已知悉升级费用，仍要新增"))

    def __init__(self, *args: Any, asks_consent: bool, **kwargs: Any) -> None:
        """``asks_consent``: the store takes the chain over the line of its plan."""
        super().__init__(*args, **kwargs)
        if not asks_consent:
            del self.fields["agreed"]


class RenameStoreForm(forms.Form):
    """Another name for a store."""

    name = forms.CharField(label=_("门店名称"), max_length=80)


class ApiKeyForm(_ScopeForm):
    """A new key for the chain's software. Carries a token of its own: sent again, as by a reload, it makes no other."""

    form_token = forms.CharField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}), max_length=60, initial=token)
    name = forms.CharField(label=_("名称"), max_length=60, help_text=_("例如：总店收银系统"))
    acts = forms.MultipleChoiceField(
        label=_("允许的操作"),
        choices=[(act.value, act.label) for act in API_ACTS],
        initial=[Act.VALUE_CONSUME.value],
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("name", "store", "acts")


class AuditFilterForm(forms.Form):
    """What to show of the trail."""

    act = forms.ChoiceField(label=_("操作"), choices=[("", _("全部操作")), *ACTS.items()], required=False)
    actor = forms.CharField(label=_("操作人"), max_length=80, required=False)
    day = DayField(label=_("日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
