"""The pages' parts: ``{% load kayun_ui %}``. Each tag draws one component of templates/components/."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from kernel.money import Money
from portal.components import chart, faces, figures, icons
from portal.components.records import timeline

register = template.Library()


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """``{% icon "card" %}``: decorative; always beside words."""
    return icons.draw(name, css_class=css_class)


register.simple_tag(figures.money)
register.simple_tag(figures.moment)
register.filter(figures.spaced)


@register.filter
def face(level_code: str) -> str:
    """The card face ("gold", "silver", "diamond", "plain") of a level's code."""
    return faces.face_of(level_code)


@register.filter
def unlocalized(number: float) -> str:
    """A figure as SVG wants it, whatever the language."""
    return f"{number:g}"


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """``{{ mapping|get:key }}`` for keys a template cannot spell."""
    return mapping.get(key)


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, kind: str = "", *, autofocus: bool = False, inputmode: str = "", mark_optional: bool = True
) -> dict[str, Any]:
    """One form field with its label, hint and errors tied together for screen readers.

    ``kind`` "amount", "pin" or "number" sets the figures large; ``inputmode`` picks the phone's keyboard.
    ``mark_optional=False`` leaves out the word "optional": where all are, or where it depends on another choice.
    """
    if not isinstance(bound, BoundField):
        raise template.TemplateSyntaxError("{% field %} takes a form's field; the form has none of this name")
    widget = bound.field.widget
    extra: dict[str, str | bool] = {"autofocus": True} if _begins(bound, autofocus) else {}
    extra |= {"inputmode": inputmode} if inputmode else {}
    return {
        "field": bound,
        "kind": kind,
        "widget": bound.as_widget(attrs=extra),
        "marked_optional": mark_optional and not bound.field.required,
        "is_checkbox": isinstance(widget, CheckboxInput),
        "is_group": isinstance(widget, RadioSelect | CheckboxSelectMultiple),
    }


def _begins(bound: BoundField, by_default: bool) -> bool:
    """Whether the keyboard begins here: in the first field that wants correcting, else where the page says."""
    errors = bound.form.errors if bound.form.is_bound else {}
    faulty = next((name for name in bound.form.fields if name in errors), None)
    return by_default if faulty is None else bound.name == faulty


@register.inclusion_tag("components/form_fields.html")
def form_fields(form: BaseForm, skip: str = "", *, begin: bool = False, at_door: bool = False) -> dict[str, Any]:
    """The form's errors and its fields in order, but those named in ``skip`` ("name,phone").

    ``begin``: the keyboard begins in the first of them. ``at_door``: a log-in, which could not have saved anything.
    """
    skipped = set(skip.split(",")) if skip else set()
    fields = [bound for bound in form.visible_fields() if bound.name not in skipped]
    return {"form": form, "fields": fields, "begin": begin, "at_door": at_door}


@register.inclusion_tag("components/fields.html")
def form_rest(form: BaseForm, skip: str = "") -> dict[str, Any]:
    """The fields a page has not drawn by hand: all visible ones but those named in ``skip``."""
    skipped = set(skip.split(","))
    return {"fields": [bound for bound in form.visible_fields() if bound.name not in skipped]}


@register.filter
def fill_amount(fen: int) -> str:
    """A quick amount as the script wants it: which input gets which yuan."""
    return json.dumps({"id_amount": str(Money(fen).yuan)})


@register.inclusion_tag("components/status_badge.html")
def status_badge(status: str, label: str) -> dict[str, str]:
    """A state as a coloured word."""
    return {"label": label, "tone": faces.STATUS_TONES.get(status, "")}


@register.inclusion_tag("components/card_face.html")
def card_face(card: Any, chain_name: str = "", holder: str = "", face: str = "") -> dict[str, Any]:
    """The card itself: ``card`` has number, level_name, level_face, valid_until and, optionally, usable. ``face``:
    drawn so instead of as its level is.
    """
    usable = card.get("usable", True) if isinstance(card, Mapping) else getattr(card, "usable", True)
    return {"card": card, "chain_name": chain_name, "holder": holder, "usable": usable, "face": face}


@register.inclusion_tag("components/card_face.html")
def sample_card_face(chain_name: str = "", face: str = "plain") -> dict[str, Any]:
    """A face of the house's own colour, for pages that have no card to show yet."""
    sample = {"number": "••••••••••••", "level_name": _("会员卡"), "level_face": face}
    return {"card": sample, "chain_name": chain_name, "holder": "", "usable": True}


@register.simple_tag
def record_list(
    records: Iterable[Mapping[str, Any]], *, show_card: bool = False, show_balance: bool = True
) -> SafeString:
    """Rows of what happened to a card."""
    return timeline(records, show_card=show_card, show_balance=show_balance)


@register.inclusion_tag("components/day_chart.html")
def day_chart(days: Iterable[Any]) -> dict[str, Any]:
    """What was sold and what was topped up by day, with the same figures in a table for screen readers."""
    names = ("date", "revenue_fen", "top_up_fen")
    rows = [{name: _of(day, name) for name in names} for day in days]
    bars = chart.day_bars([(row["revenue_fen"], row["top_up_fen"]) for row in rows])
    return {"days": list(zip(rows, bars, strict=True)), "width": chart.PLOT_WIDTH, "height": chart.PLOT_HEIGHT}


def _of(row: Any, name: str) -> Any:
    """What a row calls ``name``, be it a mapping or an object, as templates read them."""
    return row[name] if isinstance(row, Mapping) else getattr(row, name)
