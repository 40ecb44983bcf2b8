# ruff: noqa: E501 - path data reads no better when broken
"""The icon set: own drawings on a 24 × 24 grid, strokes of 1.75 in the colour of the text around them."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# Each value is trusted SVG written here, never built from input.
_DRAWINGS: Mapping[str, str] = MappingProxyType(
    {
        "home": '<path d="M4 11.2 12 4.5l8 6.7V19a1 1 0 0 1-1 1h-4.6v-5.5H9.6V20H5a1 1 0 0 1-1-1z"/>',
        "card": '<rect x="3" y="5.5" width="18" height="13" rx="2.4"/><path d="M3 10h18M6.8 15h3.4"/>',
        "card-plus": '<path d="M21 11.5V8a2.5 2.5 0 0 0-2.5-2.5h-13A2.5 2.5 0 0 0 3 8v8a2.5 2.5 0 0 0 2.5 2.5H12M3 10h18"/>'
        '<path d="M18 14.5v6M15 17.5h6"/>',
        "card-hand": '<rect x="6" y="3.5" width="14.5" height="9.5" rx="2"/><path d="M6 7h14.5"/>'
        '<path d="M3.5 15.5 6 14.6a3 3 0 0 1 2.1 0l3 1.1a1.4 1.4 0 0 1-1 2.6l-2-.6M11.3 16.8l5.2-2.1a1.5 1.5 0 0 1 1.3 2.7l-5.6 3'
        'a3 3 0 0 1-2.3.2l-6.4-1.9"/>',
        "top-up": '<circle cx="12" cy="12" r="8.5"/><path d="M12 8v8M8 12h8"/>',
        "till": '<path d="M5 11.5h14l1.6 6.2V20H3.4v-2.3z"/><path d="M7 11.5V7h7v4.5M16.5 8.5V5h-9M8 15h.01M12 15h.01M16 15h.01"/>',
        "scan": '<path d="M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16'
        'M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16"/><path d="M8 8.5v7M11 8.5v7M13.5 8.5v7M16 8.5v7"/>',
        "car": '<path d="M4 16.5v-4l2-5.2A2 2 0 0 1 7.9 6h8.2a2 2 0 0 1 1.9 1.3l2 5.2v4"/><path d="M3.5 12.5h17"/>'
        '<path d="M4 16.5h16V19h-3v-2.5M4 16.5V19h3v-2.5"/><path d="M7 14.6h1.5M15.5 14.6H17"/>',
        "people": '<circle cx="9" cy="8.2" r="3.4"/><path d="M2.8 19.5c.5-3.6 3-5.6 6.2-5.6s5.7 2 6.2 5.6"/>'
        '<path d="M15.6 5.2a3.2 3.2 0 0 1 0 6.1M17.6 14.2c2 .7 3.3 2.5 3.6 5.3"/>',
        "person": '<circle cx="12" cy="8" r="3.8"/><path d="M4.5 20c.6-4 3.6-6.2 7.5-6.2s6.9 2.2 7.5 6.2"/>',
        "person-plus": '<circle cx="10" cy="8" r="3.6"/><path d="M3 20c.5-4 3.2-6.2 7-6.2 1.6 0 3 .4 4.2 1.1"/>'
        '<path d="M18 14.5v6M15 17.5h6"/>',
        "list": '<path d="M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4.2 6.5h.01M4.2 12h.01M4.2 17.5h.01"/>',
        "receipt": '<path d="M6 3.5h12v17l-2.4-1.6-1.8 1.6-1.8-1.6-1.8 1.6-1.8-1.6L6 20.5z"/><path d="M9.3 8.5h5.4M9.3 12.5h5.4"/>',
        "shield": '<path d="M12 3.5 19 6v5.2c0 4.4-2.9 7.6-7 9.3-4.1-1.7-7-4.9-7-9.3V6z"/><path d="m9 12 2.2 2.2L15.2 10"/>',
        "key": '<circle cx="8" cy="15.5" r="4"/><path d="m11 12.5 8-8M16 7.5l2.5 2.5M13.6 9.9l1.7 1.7"/>',
        "lock": '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2"/>',
        "grid": '<path d="M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z"/>',
        "store": '<path d="M4.5 10.5V19a1 1 0 0 0 1 1h13a1 1 0 0 0 1-1v-8.5"/><path d="M3.5 9 5.3 4.5h13.4L20.5 9a2.83 2.83 0 0 1-5.66 0'
        ' 2.83 2.83 0 0 1-5.67 0A2.83 2.83 0 0 1 3.5 9zM9.7 20v-5h4.6v5"/>',
        "stores": '<path d="M3.5 20V9.5L9 6v14M9 20V4l6 3v13M15 20v-8.5l5.5 2.5v6M2.5 20h19"/>',
        "book": '<path d="M5 5.5A2 2 0 0 1 7 3.5h12v17H7a2 2 0 0 1-2-2zM5 18.5a2 2 0 0 1 2-2h12"/><path d="M9 7.5h6M9 11h6"/>',
        "file-in": '<path d="M6 3.5h8l4.5 4.5v12.5H6z"/><path d="M14 3.5V8h4.5M12 11v6.5M9.3 14.8 12 17.5l2.7-2.7"/>',
        "file-out": '<path d="M6 3.5h8l4.5 4.5v12.5H6z"/><path d="M14 3.5V8h4.5M12 17.5V11M9.3 13.7 12 11l2.7 2.7"/>',
        "search": '<circle cx="10.8" cy="10.8" r="6.3"/><path d="m15.5 15.5 5 5"/>',
        "check": '<path d="m5 12.5 4.7 4.7L19.5 7.5"/>',
        "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
        "plus": '<path d="M12 5v14M5 12h14"/>',
        "minus": '<path d="M5 12h14"/>',
        "arrow-right": '<path d="M4.5 12h15M13.5 6l6 6-6 6"/>',
        "arrow-left": '<path d="M19.5 12h-15M10.5 6l-6 6 6 6"/>',
        "chevron-down": '<path d="m6 9.5 6 6 6-6"/>',
        "chevron-right": '<path d="m9.5 6 6 6-6 6"/>',
        "warn": '<path d="M12 4 21.5 20h-19z"/><path d="M12 10v4.5M12 17.3v.01"/>',
        "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.8v.01"/>',
        "good": '<circle cx="12" cy="12" r="8.5"/><path d="m8.2 12.3 2.6 2.6 5-5.2"/>',
        "bad": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V13M12 16.3v.01"/>',
        "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.3 2"/>',
        "globe": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.6 2.5 3.8 5.3 3.8 8.5S14.6 18 12 20.5'
        'C9.4 18 8.2 15.2 8.2 12S9.4 6 12 3.5z"/>',
        "exit": '<path d="M10 4.5H6A1.5 1.5 0 0 0 4.5 6v12A1.5 1.5 0 0 0 6 19.5h4M15 8l4 4-4 4M19 12H9.5"/>',
        "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
        "mail": '<rect x="3" y="5.5" width="18" height="13" rx="2"/><path d="m3.5 7.5 8.5 6 8.5-6"/>',
        "print": '<path d="M7 9V4h10v5M7 16.5H5A1.5 1.5 0 0 1 3.5 15v-4.5A1.5 1.5 0 0 1 5 9h14a1.5 1.5 0 0 1 1.5 1.5V15'
        'a1.5 1.5 0 0 1-1.5 1.5h-2M7 14h10v6.5H7z"/>',
        "copy": '<rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2"/><path d="M15.5 8.5V6A1.5 1.5 0 0 0 14 4.5H6A1.5 1.5 0 0 0 4.5 6v8'
        'A1.5 1.5 0 0 0 6 15.5h2.5"/>',
        "gift": '<path d="M4 11h16v9H4zM3 7.5h18V11H3zM12 7.5V20M12 7.5C8 7.5 7 5.8 7 4.9c0-1 .8-1.7 1.8-1.7C10.6 3.2 12 5.5 12 7.5'
        'zm0 0c4 0 5-1.7 5-2.6 0-1-.8-1.7-1.8-1.7-1.8 0-3.2 2.3-3.2 4.3z"/>',
        "level": '<path d="m6 4.5h12l3 4.7L12 20 3 9.2zM3 9.2h18M9 9.2 12 20l3-10.8L12 4.5z"/>',
        "adjust": '<path d="M5 8h8M17.5 8H19M5 16h1.5M11 16h8"/><circle cx="15.2" cy="8" r="2.2"/><circle cx="8.8" cy="16" r="2.2"/>',
        "refund": '<path d="M4 9.5h11a4.8 4.8 0 0 1 0 9.5H8M8 5.5l-4 4 4 4"/>',
        "plug": '<path d="M9 3.5V8M15 3.5V8M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v3.5"/>',
        "gear": '<circle cx="12" cy="12" r="3"/><path d="M12 3.5v2.7M12 17.8v2.7M3.5 12h2.7M17.8 12h2.7M6 6l1.9 1.9M16.1 16.1 18 18'
        'M18 6l-1.9 1.9M7.9 16.1 6 18"/>',
        "coins": '<ellipse cx="10" cy="7.5" rx="6" ry="3"/><path d="M4 7.5v4c0 1.7 2.7 3 6 3M4 11.5v4c0 1.7 2.7 3 6 3M16 7.5v3"/>'
        '<ellipse cx="15.5" cy="13.5" rx="5" ry="2.5"/><path d="M10.5 13.5v4.5c0 1.4 2.2 2.5 5 2.5s5-1.1 5-2.5v-4.5"/>',
        "cloud": '<path d="M7.5 18.5a4 4 0 0 1-.6-7.95 5.5 5.5 0 0 1 10.6-.7A4.35 4.35 0 0 1 17 18.5z"/>',
    }
)

ICON_NAMES = tuple(_DRAWINGS)


@cache
def draw(name: str, *, css_class: str = "") -> SafeString:
    """The icon as inline SVG, hidden from screen readers: the words beside it say what it means.

    Raises:
        KeyError: there is no such icon.
    """
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        css_class,
        mark_safe(_DRAWINGS[name]),  # noqa: S308 - a constant of this file
    )
