"""Forms of documents: one for each kind that is written at the desk. A new kind registers its own with ``form_of``."""

import re
from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import ValidityShift
from membership.cards.models import CardType
from membership.cards.queries import levels
from membership.cashier.faults import FAULT_FORM
from membership.documents.domain import LONGEST_NOTE, DocumentState
from membership.documents.kinds import kinds
from membership.stock.queries import COUNT_KIND, MAKING_KIND, TRANSFER_KIND
from portal.desk.forms import LONGEST_NOTE as FAULT_NOTE
from portal.fields import DayField
from tenants.stores.queries import open_stores

F = TypeVar("F", bound="type[PayloadForm]")


class PayloadForm(forms.Form):
    """What a document says, as a form: its fields are the payload's, by name."""

    submits: ClassVar[bool] = True
    """Whether the page also offers to hand the document in at once."""
    beside: ClassVar[str] = ""
    """The template of what its page shows besides the fields."""

    @classmethod
    def begun(cls, query: QueryDict) -> dict[str, Any]:
        """What stands in a new form that was opened from another page."""
        return {}

    def payload(self) -> dict[str, Any]:
        """The payload that was typed, as JSON has it."""
        return {name: _plain(value) for name, value in self.cleaned_data.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


_FORMS: Final[dict[str, type[PayloadForm]]] = {}


def form_of(kind: str) -> Callable[[F], F]:
    """Register the form of a kind of documents."""

    def register(cls: F) -> F:
        _FORMS[kind] = cls
        return cls

    return register


def payload_form(kind: str) -> type[PayloadForm] | None:
    """The form of the kind; None where the desk does not write such documents."""
    return _FORMS.get(kind)


@form_of(MAKING_KIND)
class MakingForm(PayloadForm):
    """A making request (R-F02)."""

    type_code = forms.ChoiceField(label=_("卡类型"))
    level_code = forms.ChoiceField(label=_("卡级别"))
    quantity = forms.IntegerField(label=_("申请数量"), min_value=1)
    wanted_on = DayField(label=_("需要日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("申请原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = CardType.objects.order_by("pk").values_list("code", "name")
        self.fields["type_code"].choices = list(types)  # type: ignore[attr-defined]
        self.fields["level_code"].choices = [(level.code, level.name) for level in levels()]  # type: ignore[attr-defined]


@form_of(TRANSFER_KIND)
class TransferForm(PayloadForm):
    """Blank cards for another store (R-F05). Beside it stands what lies in the one she works in."""

    beside = "desk/_transfer_lying.html"

    to_store = forms.TypedChoiceField(label=_("调入门店"), coerce=int)
    keeper = forms.CharField(label=_("调入门店保管人"), max_length=60)
    text = forms.CharField(
        label=_("调拨的卡号"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("逐张扫描，一行一张；连号可写“起始号 至 截止号”。"),
    )
    reason = forms.CharField(label=_("调拨原因"), max_length=LONGEST_NOTE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((str(store.pk), str(store)) for store in open_stores())]
        self.fields["to_store"].choices = choices  # type: ignore[attr-defined]


@form_of(COUNT_KIND)
class CountForm(PayloadForm):
    """A count of a store's blank cards (R-F06)."""

    submits = False

    text = forms.CharField(
        label=_("实有卡号"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("逐张扫描，一行一张；连号可写“起始号 至 截止号”。"),
    )
    explanation = forms.CharField(
        label=_("差异说明"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


_BETWEEN_NUMBERS: Final = re.compile(r"[\n,;，；、]+")


class CardNumbersField(forms.CharField):
    """Card numbers, one a line. Cleans to a list."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        return [number.strip() for number in _BETWEEN_NUMBERS.split(text) if number.strip()]


@form_of("CARD_VALIDITY")
class ValidityForm(PayloadForm):
    """New last days of cards (R-C03). Beside it stands what they are now."""

    beside = "desk/_validity_asked.html"

    numbers = CardNumbersField(label=_("会员卡号"), help_text=_("刷卡或输入，一行一张。"))
    shift = forms.ChoiceField(
        label=_("调整方向"), choices=ValidityShift.choices, initial=ValidityShift.LATER, widget=forms.RadioSelect
    )
    until = DayField(label=_("新的卡有效期至"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    with_account = forms.BooleanField(
        label=_("账户到期日也改为同一天"),
        required=False,
        initial=True,
        help_text=_("两个日期任一到期，卡即不能使用；建议保持一致。"),
    )
    reason = forms.CharField(label=_("调整原因"), max_length=LONGEST_NOTE)

    @classmethod
    def begun(cls, query: QueryDict) -> dict[str, Any]:
        return {"numbers": query.getlist("number")}


class _OneCardForm(PayloadForm):
    """A document about one card; beside it stands what is known of that card."""

    beside = "desk/_adjusted_asked.html"

    number = forms.CharField(label=_("会员卡号"), max_length=40, help_text=_("刷卡或输入卡号。"))
    reason = forms.CharField(label=_("调整原因"), max_length=LONGEST_NOTE)

    @classmethod
    def begun(cls, query: QueryDict) -> dict[str, Any]:
        return {"number": query.get("number", "")}


@form_of("CARD_LEVEL")
class LevelForm(_OneCardForm):
    """Another level for a card (R-C06)."""

    level_code = forms.ChoiceField(label=_("新级别"))
    field_order = ("number", "level_code", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *((level.code, level.name) for level in levels())]
        self.fields["level_code"].choices = choices  # type: ignore[attr-defined]


@form_of("CARD_BINDING")
class BindingForm(_OneCardForm):
    """Another vehicle for a card (R-C09). The page offers those of the card's member."""

    vehicle = forms.CharField(
        label=_("新绑定车辆"),
        max_length=20,
        required=False,
        help_text=_("会员车辆的车牌号或车架号；留空则解除绑定。"),
        widget=forms.TextInput(attrs={"list": "own-vehicles", "autocomplete": "off"}),
    )
    field_order = ("number", "vehicle", "reason")


@form_of(FAULT_FORM)
class FaultForm(PayloadForm):
    """A wrong top-up that was reported and rejected, told anew (R-I06). Which top-up it is stays as it is."""

    what_happened = forms.CharField(
        label=_("误充原因"), max_length=FAULT_NOTE, widget=forms.Textarea(attrs={"rows": 3, "maxlength": FAULT_NOTE})
    )

    def payload(self) -> dict[str, Any]:
        return {"record_id": self.initial["record_id"], **super().payload()}


class DocumentFilterForm(forms.Form):
    """What narrows the list of documents."""

    q = forms.CharField(label=_("单号"), max_length=24, required=False)
    kind = forms.ChoiceField(label=_("单据类别"), required=False)
    state = forms.ChoiceField(label=_("状态"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", _("全部"))
        self.fields["kind"].choices = [everything, *((kind.code, kind.label) for kind in kinds())]  # type: ignore[attr-defined]
        self.fields["state"].choices = [everything, *DocumentState.choices]  # type: ignore[attr-defined]


class StepForm(forms.Form):
    """A step of a document: which, upon which version, and why."""

    step = forms.CharField(widget=forms.HiddenInput, max_length=10)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    note = forms.CharField(label=_("意见"), max_length=LONGEST_NOTE, required=False)


class ReasonForm(StepForm):
    """A step that undoes somebody's work."""

    note = forms.CharField(label=_("原因"), max_length=LONGEST_NOTE)
