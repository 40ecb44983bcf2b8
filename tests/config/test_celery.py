"""Whatever is put on the queue, by the timer or by the program, has a task that a worker knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

from config.celery import app
from tenants.chains import sweeping

ROOT = Path(__file__).resolve().parents[2]


def _known() -> set[str]:
    app.loader.import_default_modules()
    return set(app.tasks)


def _enqueued() -> Iterator[str]:
    for room in ("platform", "tenants", "billing", "membership", "portal", "api"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "enqueue":
                    yield from (part.value for part in node.args[:1] if isinstance(part, ast.Constant))


def test_what_the_timer_starts_is_known() -> None:
    started = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {"chains.sweep", "chains.sweep_mail", "chains.sweep_due", "chains.refill_spares", "expiry.sweep"} <= started
    assert {"billing.begin", "billing.run", "metering.count", "payments.sweep", "payments.reconcile"} <= started
    assert started - _known() == set()


def test_what_the_program_enqueues_is_known() -> None:
    enqueued = {*_enqueued(), *sweeping._UNFINISHED.values()}
    assert {"mail.deliver_due", "chains.provision", "chains.close"} <= enqueued
    assert enqueued - _known() == set()
