"""Colours that can be read, and pictures that are what they say: pure."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

READABLE: Final = 4.5
"""The least contrast of text with what it stands on (WCAG 2.2, 1.4.3)."""
LOGO_BYTES_MAX: Final = 20_000
LOGO_SIDES: Final = (96, 512)

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HEX_DIGITS: Final = frozenset("0123456789abcdef")
_LINEAR_BELOW: Final = 0.04045


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in sRGB, each part 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The colour that ``#rrggbb`` names.

        Raises:
            ValueError
        """
        text = text.strip().lower()
        if len(text) != 7 or text[0] != "#" or not _HEX_DIGITS.issuperset(text[1:]):
            raise ValueError(f"not a colour: {text!r}")
        return cls(*bytes.fromhex(text[1:]))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """How bright it is, 0 to 1 (WCAG's relative luminance)."""
        red, green, blue = (_linear(part / 255) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(self, other: "Colour") -> float:
        """The contrast with another, 1 to 21."""
        low, high = sorted((self.luminance, other.luminance))
        return (high + 0.05) / (low + 0.05)

    def mixed(self, other: "Colour", share: float) -> "Colour":
        """So much of the other in it, 0 to 1."""
        pairs = ((self.red, other.red), (self.green, other.green), (self.blue, other.blue))
        return Colour(*(round(own + (others - own) * share) for own, others in pairs))

    def readable_on(self, *grounds: "Colour", towards: "Colour") -> "Colour":
        """The nearest mixture with ``towards`` that can be read on all of these."""
        for step in range(101):
            found = self.mixed(towards, step / 100)
            if all(found.contrast(ground) >= READABLE for ground in grounds):
                return found
        return towards


WHITE: Final = Colour(255, 255, 255)
BLACK: Final = Colour(0, 0, 0)
# What the pages stand on (portal/styles/tokens.css), the hardest to read on of each scheme.
_LIGHT_GROUND: Final = Colour.parse("#eef2f1")
_DARK_SURFACE: Final = Colour.parse("#142327")
_DARK_GROUND: Final = Colour.parse("#1b2d32")
_DARK_INK: Final = Colour.parse("#06262b")


def light_scheme(brand: Colour) -> Mapping[str, Colour]:
    """The pages' colours by daylight. The brand can be read on white: see ``readable``."""
    soft = brand.mixed(WHITE, 0.88)
    return {
        "brand": brand,
        "brand-strong": brand.mixed(BLACK, 0.25),
        "on-brand": WHITE,
        "brand-soft": soft,
        "brand-ink": brand.readable_on(soft, _LIGHT_GROUND, towards=BLACK),
    }


def dark_scheme(brand: Colour) -> Mapping[str, Colour]:
    """The same by night: the brand's hue, as much lighter as it must be to be read."""
    soft = brand.mixed(_DARK_SURFACE, 0.7)
    ink = brand.readable_on(soft, _DARK_GROUND, _DARK_INK, towards=WHITE)
    return {
        "brand": ink,
        "brand-strong": ink.mixed(WHITE, 0.3),
        "on-brand": _DARK_INK,
        "brand-soft": soft,
        "brand-ink": ink,
    }


def readable(brand: Colour) -> bool:
    """Whether white can be read on it, and it on white."""
    return brand.contrast(WHITE) >= READABLE


def card_face(ground: Colour) -> Mapping[str, str]:
    """A card of this colour: a gradient around it, and the ink that can be read on all of it."""
    ink = WHITE if WHITE.contrast(ground) >= READABLE else BLACK
    light, dark = ground.mixed(WHITE, 0.08), ground.mixed(BLACK, 0.2)
    # Neither end of the gradient may swallow the ink.
    light, dark = (end if ink.contrast(end) >= READABLE else ground for end in (light, dark))
    return {
        "card-ground": f"linear-gradient(150deg, {light} 0%, {ground} 55%, {dark} 100%)",
        "card-ink": str(ink),
        "card-line": "rgb(255 255 255 / 0.14)" if ink == WHITE else "rgb(0 0 0 / 0.14)",
        "card-sheen": "0.1",
        "card-shadow": "rgb(16 24 32 / 0.5)",
    }


def stylesheet(*, brand: Colour | None, card: Colour | None) -> str:
    """The chain's own style sheet, to come after the portal's."""
    rules = []
    if brand is not None:
        rules.append(f":root{{{_declared(light_scheme(brand))}}}")
        rules.append(f"@media (prefers-color-scheme:dark){{:root{{{_declared(dark_scheme(brand))}}}}}")
    if card is not None:
        rules.append(f".card-face-own{{{_declared(card_face(card))}}}")
    return "\n".join(rules) + "\n"


def is_logo(content: bytes) -> bool:
    """A square PNG of a size that pages want: its chunks whole, in order, with nothing behind them."""
    if len(content) > LOGO_BYTES_MAX or not content.startswith(_PNG):
        return False
    names, place = [], len(_PNG)
    while place < len(content):
        if place + 12 > len(content):
            return False
        size, name = struct.unpack_from(">I4s", content, place)
        end = place + 12 + size
        if end > len(content):
            return False
        (told,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(content[place + 4 : end - 4]) != told:
            return False
        names.append(name)
        place = end
    if len(names) < 3 or (names[0], names[-1]) != (b"IHDR", b"IEND") or b"IDAT" not in names:
        return False
    return _is_square(content)


def logo_side(content: bytes) -> int:
    """How wide, and so how high, a logo is, in pixels."""
    return int(struct.unpack_from(">I", content, len(_PNG) + 8)[0])


def _is_square(content: bytes) -> bool:
    width, height = struct.unpack_from(">II", content, len(_PNG) + 8)
    return bool(width == height and LOGO_SIDES[0] <= width <= LOGO_SIDES[1])


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_BELOW else float(((part + 0.055) / 1.055) ** 2.4)


def _declared(values: Mapping[str, Colour] | Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in values.items())
