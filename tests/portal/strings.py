"""The strings other packages mark for translation. Their templates are read as text: their tags need not exist here."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
# What Django's templatize makes of {% translate %} and {% blocktranslate %}: calls between blanked-out text.
_CALL = re.compile(
    r"""\b(?P<name>n?gettext|_)\((?P<arguments>u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*").*?)\)(?=\s|$|[^)\w])""",
    re.DOTALL,
)
_TEXT = re.compile(r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)

Message = tuple[str, ...]
"""A msgid, or a msgid with its plural."""


def strings_in(root: Path) -> dict[Message, Path]:
    """Every marked string under ``root``, with one file that has it."""
    found: dict[Message, Path] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".html", ".txt"} and path.is_file():
            for message in _strings(path):
                found.setdefault(message, path)
    return found


def translated(catalog: Path) -> set[Message]:
    """The messages a .po file has a whole translation for."""
    with catalog.open("rb") as stream:
        entries = list(read_po(stream, abort_invalid=True))
    done = (entry for entry in entries if entry.id and not entry.fuzzy)
    return {
        (entry.id,) if isinstance(entry.id, str) else tuple(entry.id)
        for entry in done
        if (entry.string if isinstance(entry.string, str) else all(entry.string or ()))
    }


def _strings(path: Path) -> Iterator[Message]:
    if path.suffix == ".py":
        with path.open("rb") as stream:
            for _line, _name, message, _comments in extract_python(stream, _KEYWORDS, [], {}):
                if message:
                    yield (message,) if isinstance(message, str) else tuple(part for part in message if part)
        return
    for call in _CALL.finditer(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
        texts = [ast.literal_eval(text[1]) for text in _TEXT.finditer(call["arguments"])]
        yield tuple(texts[:2]) if call["name"] == "ngettext" else (texts[0],)
