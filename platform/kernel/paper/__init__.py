"""Pages on paper: a Typst template and what is to be written in it, as PDF.

Templates are files beside the code that knows what they say. Values come in as data, never as markup: what a person
typed cannot change the page. Text is set in whatever Chinese font the machine has, and the PDF carries the glyphs it
uses.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import typst
from django.conf import settings

FONTS: Final = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "WenQuanYi Zen Hei", "PingFang SC")
"""The first of these that the machine has is used; a template sets its text in ``sys.inputs.font``."""


class NoChineseFont(Exception):
    """The machine has none of the fonts that pages are set in."""


def pdf(template: Path, values: Mapping[str, str]) -> bytes:
    """The template with these values, as PDF.

    Raises:
        NoChineseFont
        typst.TypstError: the template is wrong.
    """
    return _compiled(template, values, "pdf")


def png(template: Path, values: Mapping[str, str]) -> bytes:
    """The template's only page as an image.

    Raises:
        NoChineseFont
        typst.TypstError: the template is wrong.
    """
    return _compiled(template, values, "png")


def _compiled(template: Path, values: Mapping[str, str], form: Literal["pdf", "png"]) -> bytes:
    inputs = {"font": chinese_font(), **values}
    return typst.compile(template, root=template.parent, font_paths=_fonts(), sys_inputs=inputs, format=form)


@cache
def chinese_font() -> str:
    """The font family that pages are set in.

    Raises:
        NoChineseFont
    """
    families = set(_fonts().families())
    for family in FONTS:
        if family in families:
            return family
    raise NoChineseFont


@cache
def _fonts() -> "typst.Fonts":
    # Reading what fonts a machine has takes long; once for a process.
    return typst.Fonts(include_system_fonts=True, font_paths=[str(path) for path in settings.FONT_DIRS])
