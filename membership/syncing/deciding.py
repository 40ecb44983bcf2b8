"""Each member of a batch in order: who she is here, what changes, or why she is not taken. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kernel.errors import DomainError
from membership.members.domain import DocumentKind, birth_date_of
from membership.members.errors import MemberErased, MemberMerged, MemberNotFound
from membership.members.models import IdDocument, Member
from membership.syncing import locks, queries
from membership.syncing.errors import (
    BirthdayDiffers,
    DocumentDiffers,
    DocumentFiledElsewhere,
    ExternalNumberRepeated,
    ExternalNumberTaken,
    MemberDiffers,
    MemberExists,
    MemberRepeated,
)
from membership.syncing.tidying import TidyFacts, TidyPaper


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of those whom a batch names. The members are locked."""

    numbers: Mapping[str, int]
    codes: Mapping[str, int]
    members: Mapping[int, Member]
    alike: Mapping[tuple[str, str], str]
    papers: Mapping[int, Mapping[str, IdDocument]]
    holders: Mapping[queries.Paper, Sequence[tuple[int, str]]]

    @classmethod
    def read(cls, rows: Sequence[TidyFacts]) -> "Known":
        """Ask for all of them at once: six queries."""
        numbers = queries.linked({row.external_number for row in rows})
        codes = queries.survivors({row.member_code for row in rows if row.member_code})
        members = locks.lock_members({*numbers.values(), *codes.values()})
        return cls(
            numbers=numbers,
            codes=codes,
            members=members,
            alike=queries.alike({row.changes["phone"] for row in rows if row.external_number not in numbers}),
            papers=queries.papers_of(members),
            holders=queries.holders({index for row in rows if row.paper for index in row.paper.indexes}),
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """A member of the batch who is taken. ``member``: None for one who is new."""

    facts: TidyFacts
    member: Member | None
    changes: Mapping[str, Any]
    """What differs from what is known of her."""
    links: bool
    """Whether the external number is new here."""
    paper: TidyPaper | None
    """Her ID document, where it is not on her file yet."""


@dataclass(slots=True)
class Deciding:
    """Decides one after the other: an earlier member of the batch counts against those after her."""

    known: Known
    _numbers: set[str] = field(default_factory=set)
    _members: set[int] = field(default_factory=set)
    _new: set[tuple[str, str]] = field(default_factory=set)
    _papers: set[queries.Paper] = field(default_factory=set)

    def decide(self, row: TidyFacts) -> Decided:
        """What to write of her.

        Raises:
            DomainError: one of ``errors.REFUSALS``.
        """
        if row.external_number in self._numbers:
            raise ExternalNumberRepeated
        member = self._member(row)
        paper = self._paper(row, member)
        changes = self._changes(row, member, files=paper is not None)
        self._numbers.add(row.external_number)
        if member is not None:
            self._members.add(member.pk)
        self._new.add((row.changes["name"], row.changes["phone"]))
        if row.paper is not None:
            self._papers.add((row.paper.kind, row.paper.indexes[0]))
        return Decided(row, member, changes, row.external_number not in self.known.numbers, paper)

    def _member(self, row: TidyFacts) -> Member | None:
        known = self.known
        key, named = known.numbers.get(row.external_number), known.codes.get(row.member_code)
        if row.member_code and named is None:
            raise MemberNotFound(member_code=row.member_code)
        if key is not None and named not in (None, key):
            raise ExternalNumberTaken(member_code=known.members[key].code)
        joins = key is None
        key = named if joins else key
        if key is None:
            self._be_nobody(row)
            return None
        member = known.members[key]
        if member.merged_into is not None:
            raise MemberMerged(member_code=member.code, into_code=member.merged_into.code)
        if member.erased_at is not None:
            raise MemberErased(member_code=member.code)
        if joins and (member.name, member.phone) != (row.changes["name"], row.changes["phone"]):
            raise MemberDiffers(member_code=member.code)
        if key in self._members:
            raise MemberRepeated
        return member

    def _be_nobody(self, row: TidyFacts) -> None:
        """Nothing is joined by guessing: who may be here already is told of."""
        person = row.changes["name"], row.changes["phone"]
        if person in self.known.alike:
            raise MemberExists(member_code=self.known.alike[person])
        if person in self._new:
            raise MemberRepeated

    def _paper(self, row: TidyFacts, member: Member | None) -> TidyPaper | None:
        paper = row.paper
        if paper is None:
            return None
        key = None if member is None else member.pk
        for index in paper.indexes:
            for holder, code in self.known.holders.get((paper.kind, index), ()):
                if holder != key:
                    raise DocumentFiledElsewhere(member_code=code)
        if (paper.kind, paper.indexes[0]) in self._papers:
            raise MemberRepeated
        own = self._papers_of(member).get(paper.kind)
        if own is not None and own.number_index in paper.indexes:
            return None
        if own is not None and own.original_seen:
            raise DocumentDiffers
        return paper

    def _changes(self, row: TidyFacts, member: Member | None, *, files: bool) -> dict[str, Any]:
        """What differs, a birthday that only her document tells among it. ``files``: the document is new here."""
        changes = dict(row.changes)
        known: date | None = None if member is None else member.birthday
        born = row.paper.born if row.paper else None
        if born is not None:
            told = changes.get("birthday", known)
            if told is None:
                changes["birthday"] = born
            elif told != born and (files or told != known):
                raise BirthdayDiffers
        if changes.get("birthday", known) != known and self._contradicted(row, member, changes["birthday"]):
            raise BirthdayDiffers
        if member is None:
            return changes
        return {name: value for name, value in changes.items() if getattr(member, name) != value}

    def _contradicted(self, row: TidyFacts, member: Member | None, birthday: date) -> bool:
        """Whether a document on her file, which stays there, tells another birthday."""
        replaced = row.paper.kind if row.paper else None
        told = (
            birth_date_of(own.plain_number(), DocumentKind(kind))
            for kind, own in self._papers_of(member).items()
            if kind != replaced
        )
        return any(born is not None and born != birthday for born in told)

    def _papers_of(self, member: Member | None) -> Mapping[str, IdDocument]:
        return {} if member is None else self.known.papers.get(member.pk, {})


def decided(known: Known, rows: Sequence[TidyFacts | DomainError]) -> list[Decided | DomainError]:
    """What becomes of each, in order: what to write, or why not."""
    deciding, found = Deciding(known), list[Decided | DomainError]()
    for row in rows:
        try:
            found.append(row if isinstance(row, DomainError) else deciding.decide(row))
        except DomainError as refusal:
            found.append(refusal)
    return found
