"""What was sent of a member, in the one form of each field. Asks no database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kernel import clock
from kernel.crypto import blind_indexes, encrypt
from kernel.errors import DomainError
from membership.members.domain import DocumentKind, birth_date_of, masked_number, normalise_id_number
from membership.members.models import ID_NUMBER
from membership.members.services.filing import checked, checked_email, checked_landline, tidy_address
from membership.syncing.domain import Facts
from membership.syncing.errors import InvalidMemberField

_FIELDS: Final = {
    "invalid_name": "name",
    "invalid_phone": "phone",
    "invalid_birthday": "birthday",
    "invalid_landline": "landline",
    "invalid_email": "email",
    "invalid_id_number": "id_number",
}
"""By the code of what is wrong. What was typed is not repeated: refusals are kept."""


@dataclass(frozen=True, slots=True)
class TidyPaper:
    """An ID document, sealed. ``indexes``: what its number may be stored under, the newest first."""

    kind: DocumentKind
    sealed: str
    indexes: tuple[str, ...]
    masked: str
    born: date | None


@dataclass(frozen=True, slots=True)
class TidyFacts:
    """What was sent of a member, ready to be written. ``changes``: by the name of the member's field."""

    external_number: str
    member_code: str
    changes: dict[str, Any]
    paper: TidyPaper | None


def tidied(facts: Facts) -> TidyFacts:
    """The facts in their one form.

    Raises:
        InvalidMemberField: the first that has none.
    """
    try:
        name, phone = checked(facts.name, facts.phone, facts.birthday)
        changes: dict[str, Any] = {"name": name, "phone": phone}
        if facts.birthday is not None:
            changes["birthday"] = facts.birthday
        for field, tidy in _TEXTS.items():
            typed = getattr(facts, field)
            if typed is not None:
                changes[field] = tidy(typed)
        return TidyFacts(facts.external_number.strip(), facts.member_code.strip().upper(), changes, _paper(facts))
    except DomainError as error:
        raise InvalidMemberField(field=_FIELDS[error.code], problem=error.code) from None


_TEXTS: Final[dict[str, Callable[[str], str]]] = {
    "landline": checked_landline,
    "email": checked_email,
    "address": tidy_address,
}


def _paper(facts: Facts) -> TidyPaper | None:
    if facts.paper is None:
        return None
    kind = facts.paper.kind
    number = normalise_id_number(facts.paper.number, kind, today=clock.today())
    return TidyPaper(
        kind=kind,
        sealed=encrypt(number, purpose=ID_NUMBER),
        indexes=tuple(blind_indexes(number, purpose=ID_NUMBER)),
        masked=masked_number(number),
        born=birth_date_of(number, kind),
    )
