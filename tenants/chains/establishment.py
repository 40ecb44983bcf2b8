"""Where a chain stands and who works there, read out of its own schema for its owner, who looks from public."""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from django.db import connection

from kernel.db import qualified, quote_schema

_STORES: Final = """
SELECT s.id, s.code, s.name, s.opened_on, count(DISTINCT u.id) FROM {s}.stores_store s
LEFT JOIN {s}.people_assignment a ON a.store_id = s.id
LEFT JOIN {s}.people_user u ON u.id = a.user_id AND u.is_active
WHERE s.closed_on IS NULL GROUP BY s.id ORDER BY s.code, s.id
"""
_OPEN: Final = "SELECT count(*) FROM {s}.stores_store WHERE closed_on IS NULL"
# Who has no role may do nothing, and is shown all the same. Who has left comes last.
_TEAM: Final = """
SELECT u.id, u.name, u.is_active, u.owner_id IS NOT NULL, r.name, coalesce(r.preset, false), s.name
FROM (
    SELECT id, name, is_active, owner_id FROM {s}.people_user
    ORDER BY is_active DESC, owner_id IS NULL, name, id LIMIT %(limit)s
) AS u
LEFT JOIN {s}.people_assignment a ON a.user_id = u.id
LEFT JOIN {s}.people_role r ON r.id = a.role_id
LEFT JOIN {s}.stores_store s ON s.id = a.store_id
ORDER BY u.is_active DESC, u.owner_id IS NULL, u.name, u.id, s.code NULLS FIRST, r.name
"""
_HOW_MANY: Final = "SELECT count(*) FILTER (WHERE is_active) FROM {s}.people_user"


class OpenStore(NamedTuple):
    """A store that is open, and how many people who may log in have a role in it alone."""

    id: int
    code: str
    name: str
    opened_on: date
    people: int


class Duty(NamedTuple):
    """A role that somebody has. ``preset``: its name is one of ours, and is translated."""

    role: str
    preset: bool
    store: str | None
    """None: in every store."""


class Person(NamedTuple):
    """Somebody who works for the chain."""

    id: int
    name: str
    active: bool
    is_owner: bool
    duties: Sequence[Duty]


def open_stores_of(schema_name: str) -> list[OpenStore]:
    """The chain's open stores, by code."""
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_STORES.replace("{s}", quote_schema(schema_name)))
        return [OpenStore(*row) for row in cursor.fetchall()]


def count_open_stores_of(schema_name: str) -> int:
    """How many of the chain's stores are open at this moment (R-A17, R-A18)."""
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_OPEN.replace("{s}", quote_schema(schema_name)))
        ((count,),) = cursor.fetchall()
    return int(count)


def team_of(schema_name: str, *, limit: int) -> tuple[list[Person], int]:
    """So many of the chain's people with their roles, the owner first and who has left last; how many may log in."""
    schema = quote_schema(schema_name)
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_TEAM.replace("{s}", schema), {"limit": limit})
        rows = cursor.fetchall()
        cursor.execute(_HOW_MANY.replace("{s}", schema))
        ((active,),) = cursor.fetchall()
    people: dict[int, Person] = {}
    for pk, name, is_active, is_owner, role, preset, store in rows:
        person = people.setdefault(pk, Person(pk, name, is_active, is_owner, []))
        if role is not None:
            person.duties.append(Duty(role, preset, store))  # type: ignore[attr-defined]  # made a list above
    return list(people.values()), int(active)
