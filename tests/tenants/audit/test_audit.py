"""The trail: kept with the act, and by nobody changed."""

import ast
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction

from kernel import clock
from kernel.db import in_chain as in_schema
from kernel.db import in_public
from kernel.observability.context import work
from tenants.audit.domain import ACTS
from tenants.audit.models import AuditEntry
from tenants.audit.queries import entries
from tenants.audit.services import record
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor

InChain = Callable[..., AbstractContextManager[None]]

LIN = Actor(kind="staff", id=12, name="林晓雨")


def test_an_act_is_noted(in_chain: InChain, held_clock: datetime) -> None:
    with in_chain(), work(request_id="req-0001"):
        record(LIN, "card.issue", object_type="card", object_id=8, store_id=3, detail={"level": "GOLD"})
    with in_chain():
        entry = AuditEntry.objects.get(act="card.issue")
    assert (entry.actor, entry.actor_name, entry.object_id, entry.store_id) == ("staff:12", "林晓雨", "8", 3)
    assert (entry.request_id, entry.detail, entry.occurred_at) == ("req-0001", {"level": "GOLD"}, held_clock)


def test_an_act_that_is_undone_leaves_no_trace(in_chain: InChain) -> None:
    def undone() -> None:
        with in_chain():
            record(LIN, "card.issue")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    with in_chain():
        assert not AuditEntry.objects.filter(act="card.issue").exists()


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: AuditEntry.objects.update(act="nothing"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: AuditEntry.objects.get(act="probe").delete(),
        lambda: AuditEntry.objects.get(act="probe").save(),
        lambda: connections["default"].cursor().execute("TRUNCATE audit_auditentry"),
    ],
    ids=["update", "delete", "delete one", "save", "truncate"],
)
def test_the_application_cannot_change_the_trail(in_chain: InChain, tamper: Callable[[], object]) -> None:
    with in_chain():
        record(LIN, "probe")
    with in_chain():
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            tamper()
        assert AuditEntry.objects.get(act="probe").actor == "staff:12"


@pytest.mark.parametrize(
    "sql",
    ["UPDATE audit_auditentry SET act = 'x'", "DELETE FROM audit_auditentry", "TRUNCATE audit_auditentry"],
)
@pytest.mark.parametrize("where", ["chain", "public"])
def test_not_even_the_owner_of_the_tables_can(chain: Chain, where: str, sql: str) -> None:
    """A trigger refuses what rights would allow: the tables' owner, by hand, in public and in a chain."""
    schema = in_schema(chain.schema_name, using="owner") if where == "chain" else in_public(using="owner")
    with pytest.raises(DatabaseError, match="audit_insert_only"), schema:
        connections["owner"].cursor().execute(sql)


def test_the_trail_is_searched(in_chain: InChain, held_clock: datetime) -> None:
    zhou = Actor(kind="staff", id=13, name="周敏")
    with in_chain():
        record(LIN, "card.issue", store_id=1)
        record(zhou, "card.issue", store_id=2)
        with clock.frozen(held_clock - timedelta(days=1)):
            record(LIN, "card.make", store_id=1)
        lin = [LIN.name] * 2
        assert [entry.actor_name for entry in entries(actor="晓雨")] == lin
        assert [entry.actor for entry in entries(actor="staff:13")] == ["staff:13"]
        assert {entry.act for entry in entries(actor="晓雨", act="card.make")} == {"card.make"}
        assert [entry.act for entry in entries(actor="晓雨", day=clock.today())] == ["card.issue"]
        assert {entry.store_id for entry in entries(stores=frozenset({2}))} == {2}
        assert list(entries(stores=frozenset())) == []


def test_a_day_of_the_trail_is_a_day_in_china(in_chain: InChain, held_clock: datetime) -> None:
    with in_chain():
        midnight = held_clock.astimezone(clock.CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
        for offset, act in ((-1, "before"), (0, "first"), (86_399, "last"), (86_400, "after")):
            with clock.frozen(midnight + timedelta(seconds=offset)):
                record(LIN, act)
        assert [entry.act for entry in entries(actor="staff:12", day=midnight.date())] == ["last", "first"]


def test_the_system_has_a_name_too(in_chain: InChain) -> None:
    with in_chain():
        assert record(SYSTEM, "sweep").actor == "system"


def test_every_act_that_is_written_has_a_name() -> None:
    """Found in the sources: the second argument of ``record``, where it is a plain text."""
    written: set[str] = set()
    for folder in ("tenants", "billing", "membership", "portal", "api"):
        for path in (Path(settings.BASE_DIR) / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record" and len(node.args) > 1:
                    written |= {part.value for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant)}
    assert {"card.status", "staff.open", "staff.close"} <= written
    assert written - ACTS.keys() == set()
