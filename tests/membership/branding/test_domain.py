"""Colours that can be read, whatever is chosen, and pictures that are what they say."""

import re
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.branding.domain import (
    LOGO_BYTES_MAX,
    READABLE,
    WHITE,
    Colour,
    card_face,
    dark_scheme,
    is_logo,
    light_scheme,
    logo_side,
    readable,
    stylesheet,
)

colours = st.builds(Colour, *(st.integers(0, 255),) * 3)


def png(width: int = 128, height: int = 128, *, more: bytes = b"", behind: bytes = b"") -> bytes:
    """A small picture, made of the chunks it must have."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", rows) + chunk(b"IEND", b"") + behind


@pytest.mark.parametrize(("text", "ratio"), [("#000000", 21.0), ("#767676", 4.54), ("#ffffff", 1.0), ("#0f5c66", 7.66)])
def test_contrast_is_as_the_standard_reckons_it(text: str, ratio: float) -> None:
    assert Colour.parse(text).contrast(WHITE) == pytest.approx(ratio, abs=0.05)
    assert readable(Colour.parse(text)) is (ratio >= READABLE)


@pytest.mark.parametrize("text", ["", "0f5c66", "#0f5c6", "#0f5c6g", "#0f5c66;}", "rgb(0,0,0)", "#０f5c66"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="colour"):
        Colour.parse(text)


@given(colours.filter(readable))
def test_every_colour_that_is_let_through_can_be_read_by_day_and_by_night(brand: Colour) -> None:
    for scheme, grounds in (
        (light_scheme(brand), ("#ffffff", "#f6f8f7", "#eef2f1")),
        (dark_scheme(brand), ("#142327",)),
    ):
        assert scheme["on-brand"].contrast(scheme["brand"]) >= READABLE
        for ground in (scheme["brand-soft"], *map(Colour.parse, grounds)):
            assert scheme["brand-ink"].contrast(ground) >= READABLE


@given(colours)
def test_a_card_of_any_colour_can_be_read_from_end_to_end(ground: Colour) -> None:
    face = card_face(ground)
    ink = Colour.parse(face["card-ink"])
    for text in re.findall(r"#[0-9a-f]{6}", face["card-ground"]):
        assert ink.contrast(Colour.parse(text)) >= READABLE - 0.01


def test_the_style_sheet_holds_what_was_chosen_and_nothing_else() -> None:
    assert stylesheet(brand=None, card=None) == "\n"
    text = stylesheet(brand=Colour.parse("#7a1f3d"), card=Colour.parse("#102030"))
    assert "--brand:#7a1f3d;" in text
    assert ".card-face-own{" in text
    assert text.count("{") == text.count("}")


def test_a_square_png_is_a_logo() -> None:
    assert is_logo(png())
    assert logo_side(png(200, 200)) == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\x89PNG\r\n\x1a\n",
        png(128, 96),
        png(95, 95),
        png(513, 513),
        png()[:-1],
        png(behind=b"<script>"),
        png().replace(b"IDAT", b"iDAT"),
        png() + b"\0" * LOGO_BYTES_MAX,
    ],
)
def test_anything_else_is_not(content: bytes) -> None:
    assert not is_logo(content)
