"""Two kinds of documents made for the tests: one that asks for two approvals, one that asks for none."""

from typing import Any

import msgspec
import pytest

from kernel.errors import DomainError
from membership.documents import kinds
from membership.documents.domain import Approval
from membership.documents.kinds import DocumentKind
from membership.documents.models import Document
from tenants.people.domain import Act, Actor
from tests.membership.conftest import clerk, store_id

__all__ = ["clerk", "store_id"]


class TooMany(DomainError):
    """The test's own refusal."""

    code = "too_many"
    message = "太多了。"


class Wish(msgspec.Struct, kw_only=True):
    """What a wish says."""

    quantity: int
    note: str = ""


class WishKind(DocumentKind[Wish]):
    """Asked for in a store, signed by its head, approved by the head office, then fulfilled."""

    code, prefix, label = "WISH", "XY", "心愿单"
    payload_type = Wish
    draft_act = Act.CARD_VIEW
    approvals = (Approval("店长签字", Act.STOCK_REQUEST), Approval("总办批准", Act.STOCK_APPROVE))
    complete_act = Act.STOCK_DELIVER

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, int]] = []
        self.refuses: str | None = None

    def subject(self, payload: Wish) -> tuple[str, str]:
        return "wish", str(payload.quantity)

    def summary(self, payload: Wish) -> str:
        return f"{payload.quantity} 个"

    def check(self, *, actor: Actor, store_id: int | None, payload: Wish) -> Wish:
        if payload.quantity > 100:
            raise TooMany
        return payload

    def _hear(self, what: str, document: Document, payload: Wish) -> None:
        if self.refuses == what:
            raise TooMany
        self.heard.append((what, document.number, payload.quantity))

    def on_submitted(self, *, actor: Actor, document: Document, payload: Wish) -> None:
        self._hear("submitted", document, payload)

    def on_approved(self, *, actor: Actor, document: Document, payload: Wish) -> None:
        self._hear("approved", document, payload)

    def on_unapproved(self, *, actor: Actor, document: Document, payload: Wish) -> None:
        self._hear("unapproved", document, payload)

    def on_completed(self, *, actor: Actor, document: Document, payload: Wish) -> None:
        self._hear("completed", document, payload)

    def on_released(self, *, actor: Actor, document: Document, payload: Wish) -> None:
        self._hear("released", document, payload)


class SlipKind(WishKind):
    """Needs nobody: submitting it is the end of it."""

    code, prefix, label = "SLIP", "TZ", "条子"
    approvals = ()
    complete_act = None
    completes_itself = True


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Nothing but the two kinds above."""
    made: dict[str, Any] = {"WISH": WishKind(), "SLIP": SlipKind()}
    monkeypatch.setattr(kinds, "_KINDS", made)
    return made


def somebody(pk: int, *acts: Act, store_id: int | None = None) -> Actor:
    """A person who may do these acts: in that store, or everywhere."""
    return Actor.with_cells(kind="staff", pk=pk, name=f"员工{pk}", cells=[(act, store_id) for act in acts])
