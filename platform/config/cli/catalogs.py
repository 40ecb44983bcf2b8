"""Message catalogs against the sources: is every string translated, and safely?

Babel reads Python; for templates it has no extractor, so Django's own parser is asked for the strings of each.

    python -m config.cli.catalogs
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import PoFileError, normalize, read_po

from config.cli.building import SOURCE_ROOTS, catalogs
from config.environment import ROOT

_KEYWORDS: Final = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")
_IN_TAG: Final = re.compile(r"""\b_\((?P<quote>["'])(?P<text>.+?)(?P=quote)\)""")
_TAG: Final = re.compile(r"\{[{%].*?[}%]\}")

# The sources are written in it; its catalogs translate only what other packages say.
_SOURCE_LANGUAGE: Final = "zh_Hans"

Key = tuple[str, str | None]
"""A string and its context."""


def findings(root: Path) -> list[str]:
    """Every string without its translation, and every translation that would break a page; a line each."""
    found: list[str] = []
    translated: dict[str, set[Key]] = defaultdict(set)
    for path in catalogs(root):
        where = str(path.relative_to(root))
        language = path.parts[-3]
        try:
            with path.open("rb") as stream:
                catalog = read_po(stream, locale=language, abort_invalid=True)
        except PoFileError as error:
            found.append(f"{where}: {error}")
            continue
        found += [f"{where}:{message.lineno}: {what}" for message, what in _faults(catalog)]
        translated[language] |= {(_singular(message), message.context) for message in catalog if message.id}
    used = strings(root)
    for language, known in sorted(translated.items()):
        found += [f"{used[key]}: no {language} for {key[0]!r}" for key in _missing(language, used, known)]
    return found


def skeleton(root: Path, language: str) -> str:
    """The strings that lack a translation, as entries to be filled in and put into an app's catalog."""
    known: set[Key] = set()
    for path in catalogs(root):
        if path.parts[-3] == language:
            with path.open("rb") as stream:
                known |= {(_singular(message), message.context) for message in read_po(stream) if message.id}
    used = strings(root)
    lines = []
    for key in _missing(language, used, known):
        context = f"msgctxt {normalize(key[1])}\n" if key[1] else ""
        lines.append(f'#: {used[key]}\n{context}msgid {normalize(key[0])}\nmsgstr ""\n')
    return "\n".join(lines)


def _missing(language: str, used: Mapping[Key, str], known: set[Key]) -> list[Key]:
    if language == _SOURCE_LANGUAGE:
        return []
    return sorted(used.keys() - known, key=lambda key: (used[key], key[0]))


def strings(root: Path) -> Mapping[Key, str]:
    """Every marked string of the sources, and the first place where it stands."""
    found: dict[Key, str] = {}
    for top in SOURCE_ROOTS:
        for path in sorted((root / top).rglob("*")):
            reader = {".py": _of_python, ".html": _of_template, ".txt": _of_template}.get(path.suffix)
            if reader is None or (path.suffix != ".py" and "templates" not in path.parts):
                continue
            for line, key in reader(path):
                found.setdefault(key, f"{path.relative_to(root)}:{line}" if line else str(path.relative_to(root)))
    return found


def _faults(catalog: Catalog) -> Iterator[tuple[Message, str]]:
    for message in catalog:
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.fuzzy:
            yield message, f"{_singular(message)!r} is marked fuzzy, and fuzzy is not shown"
        elif not all(texts):
            yield message, f"{_singular(message)!r} has no translation"
        else:
            ids = message.id if isinstance(message.id, tuple | list) else [message.id]
            allowed = {name for text in ids for name in _PLACEHOLDER.findall(text)}
            # A singular may leave its number out ("one card"); no form may name what the source does not give.
            foreign = {name for text in texts for name in _PLACEHOLDER.findall(str(text))} - allowed
            lost = allowed - {name for text in texts for name in _PLACEHOLDER.findall(str(text))}
            if foreign or lost:
                yield message, f"{_singular(message)!r}: placeholders differ: {', '.join(sorted(foreign | lost))}"


def _singular(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else str(message.id)


def _of_python(path: Path) -> Iterator[tuple[int, Key]]:
    for line, ids, _comments, context in extract_from_file("python", path, keywords=_KEYWORDS):
        yield line, (ids[0] if isinstance(ids, tuple) else ids, context)


def _of_template(path: Path) -> Iterator[tuple[int, Key]]:
    from django.template import engines
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    text = path.read_text(encoding="utf-8")
    template: Any = engines["django"].from_string(text)
    for node in template.template.nodelist.get_nodes_by_type(TranslateNode):
        # A variable's text is marked where it comes from.
        if (literal := node.filter_expression.var.literal) is not None:
            yield 0, (str(literal), _context(node))
    for node in template.template.nodelist.get_nodes_by_type(BlockTranslateNode):
        singular, _names = node.render_token_list(node.singular)
        yield 0, (singular, _context(node))
    for tag in _TAG.finditer(text):
        for match in _IN_TAG.finditer(tag[0]):
            yield text.count("\n", 0, tag.start()) + 1, (match["text"], None)


def _context(node: Any) -> str | None:
    return None if node.message_context is None else str(node.message_context.resolve({}))


def main() -> int:
    """Print every finding; the exit status."""
    import django

    django.setup()
    found = findings(ROOT)
    sys.stdout.writelines(f"{finding}\n" for finding in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
