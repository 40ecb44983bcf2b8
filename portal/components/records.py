"""Rows of what happened to a card. Drawn here and not by a template, which takes thirty steps for each: the pages that
are asked for most spend their time on these.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.components import faces, icons
from portal.components.figures import moment, money, spaced

_NOTHING = SafeString("")


def timeline(records: Iterable[Mapping[str, Any]], *, show_card: bool, show_balance: bool) -> SafeString:
    """The rows of ``portal.rows.record_row`` as a list. One with ``href`` is a link."""
    balance = _("余额")
    rows = (
        (
            _mark(record),
            _words(record, show_card=show_card),
            _figures(record, balance if show_balance else None),
        )
        for record in records
    )
    drawn = format_html_join("", '<li>{}<div class="min-w-0">{}</div><div class="text-end">{}</div></li>', rows)
    return format_html('<ul class="timeline">{}</ul>', drawn)


def _mark(record: Mapping[str, Any]) -> SafeString:
    fen = record["amount_fen"] or 0
    tone = " mark-in" if fen > 0 else " mark-out" if fen < 0 else ""
    return format_html('<span class="mark{}">{}</span>', tone, icons.draw(faces.record_icon(record["kind"])))


def _words(record: Mapping[str, Any], *, show_card: bool) -> SafeString:
    """What it was, of which card where that is to be told, when and where, how it was paid, and what was noted."""
    label, href = record["kind_label"], record.get("href")
    if href:
        told = format_html('<a class="link font-semibold" href="{}">{}</a>', href, label)
    else:
        told = format_html('<span class="font-semibold">{}</span>', label)
    if show_card and record.get("card_number"):
        told += format_html(' <span class="code text-ink-soft">{}</span>', spaced(record["card_number"]))
    if show_card and record.get("member_name"):
        told += format_html(' <span class="whitespace-nowrap">{}</span>', record.get("member_name"))
    names = (record.get("store_name"), record.get("actor_name"))
    where = format_html_join("", " · {}", ((name,) for name in names if name))
    told += format_html('<p class="text-sm text-ink-soft">{}{}</p>', moment(record["occurred_at"]), where)
    if parts := record.get("parts"):
        how = format_html_join(
            " · ",
            '<span class="whitespace-nowrap">{} {}</span>',
            ((part["label"], money(part["amount_fen"])) for part in parts),
        )
        told += format_html('<p class="text-sm text-ink-soft" data-parts>{}</p>', how)
    if detail := record.get("detail"):
        told += format_html('<p class="text-sm text-ink-soft">{}</p>', detail)
    return told


def _figures(record: Mapping[str, Any], balance: str | None) -> SafeString:
    told = _NOTHING
    if record["amount_fen"]:
        told += format_html('<p class="font-semibold">{}</p>', money(record["amount_fen"], sign=True))
    if balance is not None and record.get("balance_after_fen") is not None:
        told += format_html('<p class="text-sm text-ink-soft">{} {}</p>', balance, money(record["balance_after_fen"]))
    return told
