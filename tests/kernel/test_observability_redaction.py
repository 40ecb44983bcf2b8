"""What may be said of an error, and what is taken out of a text."""

import pytest
from django.db import IntegrityError, OperationalError

from kernel.errors import DomainError
from kernel.observability.redaction import REMOVED, describe, describe_traceback, scrub, scrub_mapping


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Bearer kyn_2f3g4h5j6k_AbC-dEf_123456789", f"Bearer {REMOVED}"),
        ("call 13800138000 now", f"call {REMOVED} now"),
        ("ID 11010519491231002X", f"ID {REMOVED}"),
        ("VIN LSVAA49J132047371 again", f"VIN {REMOVED} again"),
        ("car 沪A12345 and 粤B·D12345 left", f"car {REMOVED} and {REMOVED} left"),
        ("ABCDEFGHJKLMNPRST is a word", "ABCDEFGHJKLMNPRST is a word"),
        ("pin=493817", f"pin={REMOVED}"),
        ("to xue.ouyang@example.cn", f"to {REMOVED}"),
        ("redis://user:s3cret@10.0.0.5:6379/0", f"redis://user:{REMOVED}@10.0.0.5:6379/0"),
        ("01a20027-3175-7600-b8e1-880010849999 took 12 ms", "01a20027-3175-7600-b8e1-880010849999 took 12 ms"),
        ("listening on 8000", "listening on 8000"),
    ],
)  # fmt: skip
def test_what_can_be_recognised_is_removed(text: str, clean: str) -> None:
    assert scrub(text) == clean


def test_values_under_personal_names_are_removed_at_any_depth() -> None:
    given = {"card_id": 7, "name": "欧阳雪", "detail": {"Phone": "x", "seen": ["kyn_a_b", 3]}, "when": None}
    assert scrub_mapping(given) == {
        "card_id": 7,
        "name": REMOVED,
        "detail": {"Phone": REMOVED, "seen": [REMOVED, 3]},
        "when": None,
    }


class Refused(DomainError):
    code = "phone_taken"
    message = "{phone}"


def _database_error() -> IntegrityError:
    class Diagnosis:
        table_name = "members_member"
        constraint_name = "member_phone_once"

    cause = Exception("Key (phone)=(13800138000) already exists")
    cause.sqlstate = "23505"  # type: ignore[attr-defined]
    cause.diag = Diagnosis()  # type: ignore[attr-defined]
    error = IntegrityError("Key (phone)=(13800138000) already exists")
    error.__cause__ = cause
    return error


def test_what_may_be_said_of_an_error() -> None:
    assert describe(Refused(phone="13800138000")) == "phone_taken"
    assert describe(_database_error()) == "sqlstate=23505 table=members_member constraint=member_phone_once"
    assert (
        describe(OperationalError("connection to server on socket failed")) == "connection to server on socket failed"
    )
    assert describe(AttributeError("'Card' object has no attribute 'x'")) == "'Card' object has no attribute 'x'"
    assert describe(ValueError("欧阳雪")) == REMOVED
    assert describe(KeyError("欧阳雪")) == REMOVED


def test_an_error_is_told_with_those_behind_it_by_place_and_without_values() -> None:
    def look_up(name: str) -> None:
        {}[name]

    try:
        try:
            look_up("欧阳雪")
        except KeyError as error:
            raise ValueError("欧阳雪") from error
    except ValueError as error:
        told = describe_traceback(error)

    assert [(one["type"], one["what"]) for one in told] == [("KeyError", REMOVED), ("ValueError", REMOVED)]
    assert told[0]["at"][-1].endswith("look_up")
    assert "欧阳雪" not in repr(told)
