"""Rules on migrations, each with a bad example and a good one; and the shipped ones themselves."""

from typing import Any

import pytest
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from kernel.checks import all_findings
from kernel.checks.migrations import linearity_findings, one_migration_findings


def _before() -> ProjectState:
    state = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("number", models.CharField(max_length=32)),
        ("note", models.CharField(max_length=32, null=True)),
    ]
    state.add_model(ModelState("cards", "Card", fields))
    return state


def _codes(*operations: Operation, **attributes: Any) -> list[str]:
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **attributes})
    migration = made("0002_example", "cards")
    return [finding.code for finding in one_migration_findings(migration, before=_before(), tables={"cards_card"})]


CONDITION = models.Q(number__gt="")
INDEX = models.Index(fields=["number"], name="card_number")
CHECK = models.CheckConstraint(condition=CONDITION, name="card_number_given")

BAD = [
    ("K304", migrations.RunSQL("SELECT 1")),
    ("K304", migrations.RunPython(migrations.RunPython.noop)),
    ("K206", migrations.RunSQL("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", reverse_sql="")),
    ("K305", migrations.AddIndex("card", INDEX)),
    ("K305", migrations.AddField("card", "code", models.CharField(max_length=9, null=True, unique=True))),
    ("K305", migrations.AlterField("card", "number", models.CharField(max_length=32, db_index=True))),
    ("K306", migrations.AddConstraint("card", CHECK)),
    ("K306", migrations.AlterField("card", "note", models.CharField(max_length=32))),
    ("K307", migrations.AddField("card", "token", models.UUIDField(db_default=RandomUUID()))),
    ("K308", migrations.RenameField("card", "note", "remark")),
    ("K308", migrations.RenameModel("Card", "Ticket")),
    ("K309", migrations.AlterField("card", "number", models.BigIntegerField())),
    ("K309", migrations.AlterField("card", "number", models.CharField(max_length=8))),
    ("K310", AddIndexConcurrently("card", INDEX)),
]

GOOD = [
    migrations.RunSQL("SELECT 1", reverse_sql=migrations.RunSQL.noop),
    migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
    AddConstraintNotValid("card", CHECK),
    migrations.AddField("card", "colour", models.CharField(max_length=9, default="")),
    migrations.AddField("card", "made_at", models.DateTimeField(null=True)),
    migrations.AlterField("card", "number", models.CharField(max_length=64)),
    migrations.AlterField("card", "number", models.CharField(max_length=32, verbose_name="卡号")),
    migrations.RemoveField("card", "note"),
]


@pytest.mark.parametrize(("code", "operation"), BAD)
def test_a_bad_example_is_found(code: str, operation: Operation) -> None:
    assert _codes(operation) == [code]


@pytest.mark.parametrize("operation", GOOD)
def test_a_good_example_passes(operation: Operation) -> None:
    assert _codes(operation) == []


def test_a_table_made_in_the_same_migration_is_empty_so_nothing_waits() -> None:
    fields: list[tuple[str, models.Field[Any, Any]]] = [("number", models.CharField(max_length=32))]
    assert _codes(migrations.CreateModel("Fresh", fields), migrations.AddIndex("fresh", INDEX)) == []
    assert _codes(migrations.AddIndex("card", INDEX), initial=True) == []


def test_a_migration_that_is_not_one_transaction_is_found() -> None:
    assert _codes(atomic=False) == ["K310"]


def test_what_hides_in_a_separate_operation_is_found() -> None:
    hidden = migrations.SeparateDatabaseAndState(database_operations=[migrations.AddIndex("card", INDEX)])
    assert _codes(hidden) == ["K305"]


def test_a_migration_may_answer_for_a_finding_by_saying_why() -> None:
    index = migrations.AddIndex("card", INDEX)
    assert _codes(index, accepted={"K305": "no chain has rows in it before release 2"}) == []
    assert _codes(index, accepted={"K306": "another matter"}) == ["K305"]


def _chain_of(*steps: tuple[str, list[tuple[str, str]]]) -> dict[str, migrations.Migration]:
    found = {}
    for name, dependencies in steps:
        found[name] = migrations.Migration(name, "cards")
        found[name].dependencies = list(dependencies)
    return found


def test_migrations_are_numbered_and_linear() -> None:
    good = _chain_of(("0001_initial", []), ("0002_colour", [("cards", "0001_initial"), ("members", "0001_initial")]))
    gap = _chain_of(("0001_initial", []), ("0003_colour", [("cards", "0001_initial")]))
    fork = _chain_of(
        ("0001_initial", []), ("0002_colour", [("cards", "0001_initial")]), ("0003_size", [("cards", "0001_initial")])
    )
    assert list(linearity_findings("cards", good)) == []
    assert [finding.code for finding in linearity_findings("cards", gap)] == ["K301"]
    assert [finding.code for finding in linearity_findings("cards", fork)] == ["K302"]


def test_everything_shipped_keeps_the_rules() -> None:
    assert all_findings() == []
