"""Rules on SQL text: what survives the copying and renaming of schemas, and Citus.

A reader of tokens, not of grammar: it strips comments and literals, splits statements, and looks for words.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from kernel.checks.findings import Finding
from kernel.db.names import EXTENSIONS_SCHEMA

_NOISE: Final = re.compile(
    r"--[^\n]*"  # comment to the end of the line
    r"|/\*.*?\*/"
    r"|(?P<text>'(?:[^']|'')*')",
    re.DOTALL,
)
_BODY: Final = re.compile(r"(?P<tag>\$\w*\$)(?P<body>.*?)(?P=tag)", re.DOTALL)

_FUNCTION: Final = re.compile(r"\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\s+(?P<name>[\w.\"%{}]+)", re.I)
_RETURNS_TRIGGER: Final = re.compile(r"\breturns\s+trigger\b", re.I)
_MAKES_TABLE: Final = re.compile(
    r"\bcreate\s+(?:unlogged\s+|temp(?:orary)?\s+)?table\b|\bselect\b[^;]*\binto\s+temp", re.I
)
_INHERITS: Final = re.compile(r"\binherits\s*\(|\balter\s+table\b[^;]*\binherit\b", re.I)
_MERGE: Final = re.compile(r"\bmerge\s+into\b", re.I)
_CHANGES: Final = re.compile(r"\A\s*(?:with\b.*\b)?(?:update|delete\s+from)\b", re.I | re.DOTALL)
_VOLATILE: Final = re.compile(
    r"\b(?:random|gen_random_uuid|uuid_generate_v[1-5]|uuidv7|clock_timestamp|timeofday|nextval|setval|txid_current"
    r"|pg_current_xact_id|gen_random_bytes)\s*\(",
    re.I,
)
_SESSION: Final = re.compile(r"\bcurrent_setting\s*\(|\bcurrent_schemas?\b|\bset_config\s*\(|\bsearch_path\b", re.I)
_RELATION: Final = re.compile(r"\b(?:from|join|into|update|table|only)\s+(?:\"?\w+\"?\.)?\"?(?P<name>\w+)\"?", re.I)
_OWN_PATH: Final = re.compile(r"\bset\s+search_path\s*(?:=|to)\s*[^\n$]*", re.I)


@dataclass(frozen=True, slots=True)
class _Text:
    """SQL with its noise taken out: what stands outside dollar-quoted bodies, and each body with what introduces it."""

    outside: str
    bodies: tuple[tuple[str, str], ...]


def sql_findings(sql: str, *, where: str, tables: Collection[str] = ()) -> Iterator[Finding]:
    """Every broken rule in a text of one or more statements. ``tables`` are names a trigger function must not know."""
    text = _read(sql)
    for statement in text.outside.split(";"):
        yield from _statement(statement, where)
    for head, body in text.bodies:
        yield from _body(head, body, where, tables)


def _read(sql: str) -> _Text:
    clean = _NOISE.sub(lambda match: "''" if match["text"] else " ", _shield_bodies(sql))
    bodies = []
    for match in _BODY.finditer(clean):
        head = clean[: match.start()].rpartition(";")[2]
        bodies.append((head, match["body"]))
    return _Text(outside=_BODY.sub(" ", clean), bodies=tuple(bodies))


def _shield_bodies(sql: str) -> str:
    """Quotes inside a body are the body's own affair: an apostrophe in a comment must not swallow the rest."""
    return _BODY.sub(lambda match: match["tag"] + re.sub(r"--[^\n]*", " ", match["body"]) + match["tag"], sql)


def _statement(statement: str, where: str) -> Iterator[Finding]:
    if _INHERITS.search(statement):
        yield Finding("K203", where, "a table inherits from another: schema-based sharding cannot move it")
    if _MERGE.search(statement):
        yield Finding("K206", where, "MERGE: write INSERT … ON CONFLICT or UPDATE, which Citus can distribute")
    if _CHANGES.match(statement) and (volatile := _VOLATILE.search(statement)):
        yield Finding("K205", where, f"{volatile[0]}…) in UPDATE or DELETE: pass the value as a parameter")
    function = _FUNCTION.search(statement)
    if function and not function["name"].lower().replace('"', "").startswith(f"{EXTENSIONS_SCHEMA}."):
        yield Finding(
            "K201",
            where,
            f"function {function['name']} is outside {EXTENSIONS_SCHEMA!r}: it would be copied with each chain",
        )


def _body(head: str, body: str, where: str, tables: Collection[str]) -> Iterator[Finding]:
    if _MAKES_TABLE.search(body):
        yield Finding("K202", where, "a table is created inside a function or DO block: create it in a plain statement")
    for statement in body.split(";"):
        if _MERGE.search(statement):
            yield Finding("K206", where, "MERGE inside a function body")
    if not _RETURNS_TRIGGER.search(head):
        return
    for name in sorted({match["name"].lower() for match in _RELATION.finditer(body)} & set(tables)):
        yield Finding("K204", where, f"a trigger function names the table {name}: read the transition table instead")
    if session := _SESSION.search(_OWN_PATH.sub(" ", body)):
        yield Finding("K207", where, f"a trigger function depends on the session: {session[0]}")
