"""Taking a batch of members from the chain's own software. Requires a transaction of the chain."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from kernel import clock
from kernel.crypto import blind_index, blind_indexes
from kernel.errors import DomainError
from kernel.ids import uuid7
from ledger.errors import IdempotencyConflict
from membership.members.domain import masked_phone, member_code
from membership.members.models import IdDocument, Member
from membership.members.services.filing import next_serials
from membership.members.services.phones import note_phone_change, tell_old_phones
from membership.syncing import locks
from membership.syncing.deciding import Decided, Known, decided
from membership.syncing.domain import ROWS_MAX, Facts, Mark, Outcome, calls_of
from membership.syncing.models import BATCH, ExternalNumber, MemberBatch
from membership.syncing.tidying import TidyFacts, tidied
from tenants.audit.services import record, record_alike
from tenants.people.domain import Act, Actor, require

_WRITTEN: Final = ("name", "phone", "phone_verified_at", "phone_changed_at", "birthday", "landline", "email", "address")
_PAPER: Final = ("number", "number_index", "masked", "seen_at", "seen_by", "original_seen")


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of a batch: an outcome for each member, in their order, and the calls that it is charged as."""

    outcomes: Sequence[Outcome]
    calls: int
    replayed: bool


def sync_members(*, actor: Actor, store_id: int, idempotency_key: str, members: Sequence[Facts]) -> Synced:
    """File members by the external numbers that the chain's own software has for them, or correct what is known of
    them. A telephone that becomes another one is treated as at the desk: the old one is told, and for a while the new
    one renews no PIN. A refusal of one harms no other; the statements are as many for one as for ``ROWS_MAX``.

    The same batch under the same key is answered again and costs nothing; one of which nobody was taken has not used
    its key. Consents are not taken: they are proved where they are given. An ID number is sealed, and
    counts as not seen.

    Raises:
        NotAllowed
        IdempotencyConflict: the actor has used the key for another batch.
        ValueError: none, or more than ``ROWS_MAX``.
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    if not 1 <= len(members) <= ROWS_MAX:
        raise ValueError(f"a batch has 1 to {ROWS_MAX} members")
    locks.take_turn()
    sent = json.dumps([store_id, [asdict(facts) for facts in members]], default=str, ensure_ascii=False)
    before = MemberBatch.objects.filter(actor=str(actor), idempotency_key=idempotency_key).first()
    if before is not None:
        if before.digest not in blind_indexes(sent, purpose=BATCH):
            raise IdempotencyConflict(idempotency_key=idempotency_key)
        return Synced([Outcome.recalled(kept) for kept in before.outcomes], before.calls, replayed=True)
    rows = [_tried(facts) for facts in members]
    found = decided(Known.read([row for row in rows if isinstance(row, TidyFacts)]), rows)
    codes = iter(_write(actor, store_id, [row for row in found if isinstance(row, Decided)]))
    outcomes = [_outcome(row, "" if isinstance(row, DomainError) else next(codes)) for row in found]
    calls = _note(actor, store_id, idempotency_key, blind_index(sent, purpose=BATCH), outcomes)
    return Synced(outcomes, calls, replayed=False)


def _tried(facts: Facts) -> TidyFacts | DomainError:
    try:
        return tidied(facts)
    except DomainError as refusal:
        return refusal


def _write(actor: Actor, store_id: int, rows: Sequence[Decided]) -> list[str]:
    """File the new, correct the known, link numbers, file documents: a statement each. The members' codes, in order."""
    now = clock.now()
    serials = iter(next_serials(sum(row.member is None for row in rows)))
    olds = [row.member.phone if row.member else "" for row in rows]
    members = [_changed(row.member or _new(next(serials), store_id, now), row) for row in rows]
    written = [member for row, member in zip(rows, members, strict=True) if row.changes]
    # One statement for both: who is here already collides with herself, and is corrected.
    Member.objects.bulk_create(written, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN)
    ExternalNumber.objects.bulk_create(
        ExternalNumber(number=row.facts.external_number, member=member, linked_at=now)
        for row, member in zip(rows, members, strict=True)
        if row.links
    )
    IdDocument.objects.bulk_create(
        [
            IdDocument(
                member=member,
                kind=row.paper.kind,
                number=row.paper.sealed,
                number_index=row.paper.indexes[0],
                masked=row.paper.masked,
                seen_at=now,
                seen_by=actor.name or str(actor),
                original_seen=False,
            )
            for row, member in zip(rows, members, strict=True)
            if row.paper is not None
        ],
        update_conflicts=True,
        unique_fields=["member", "kind"],
        update_fields=_PAPER,
    )
    moved = [
        (member, old) for row, member, old in zip(rows, members, olds, strict=True) if old and "phone" in row.changes
    ]
    _tell_of_phones(actor, store_id, moved)
    return [member.code for member in members]


def _new(serial: int, store_id: int, now: datetime) -> Member:
    return Member(id=serial, code=member_code(serial), store_id=store_id, created_at=now)


def _changed(member: Member, row: Decided) -> Member:
    before = member.phone
    for name, value in row.changes.items():
        setattr(member, name, value)
    if before and "phone" in row.changes:
        note_phone_change(member, before=before)
    return member


def _tell_of_phones(actor: Actor, store_id: int, moved: Sequence[tuple[Member, str]]) -> None:
    """Leave in the trail whose telephones became others, and tell the old ones, which ``moved`` has beside them."""
    if not moved:
        return
    details = {
        member.code: {
            "changed": ["phone"],
            "phone_before": masked_phone(old),
            "phone_after": masked_phone(member.phone),
        }
        for member, old in moved
    }
    record_alike(actor, "member.edit", object_type="member", store_id=store_id, details=details)
    tell_old_phones([old for _member, old in moved])


def _outcome(row: Decided | DomainError, code: str) -> Outcome:
    if isinstance(row, DomainError):
        return Outcome(Mark.REFUSED, problem=row.code, params={name: str(value) for name, value in row.params.items()})
    if row.member is None:
        return Outcome(Mark.CREATED, code)
    same = not (row.changes or row.links or row.paper)
    return Outcome(Mark.UNCHANGED if same else Mark.UPDATED, code)


def _note(actor: Actor, store_id: int, key: str, digest: str, outcomes: Sequence[Outcome]) -> int:
    """Keep what became of it, by which it is charged, and leave it in the trail; the calls. Nothing where nobody was
    taken.
    """
    marks = Counter(outcome.mark for outcome in outcomes)
    taken = len(outcomes) - marks[Mark.REFUSED]
    if not taken:
        return 0
    counts = {mark.value: marks[mark] for mark in Mark}
    batch = MemberBatch.objects.create(
        id=uuid7(),
        actor=str(actor),
        idempotency_key=key,
        digest=digest,
        store_id=store_id,
        at=clock.now(),
        calls=calls_of(taken),
        outcomes=[outcome.kept() for outcome in outcomes],
        **counts,
    )
    record(
        actor, "member.sync", object_type="member_batch", object_id=batch.pk, store_id=store_id,
        detail={**counts, "calls": batch.calls},
    )  # fmt: skip
    return batch.calls
