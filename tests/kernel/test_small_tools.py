"""Clock, identifiers, errors, template filters."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, Template

from kernel import clock, ids
from kernel.errors import DomainError
from kernel.money import Money


def test_the_clock_can_be_held_and_lets_go() -> None:
    moment = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    with clock.frozen(moment):
        assert clock.now() == moment
        assert clock.today() == date(2026, 3, 1), "it is already March in Shanghai"
    assert clock.now() - datetime.now(UTC) < timedelta(seconds=5)


def test_the_clock_refuses_a_naive_moment() -> None:
    with pytest.raises(ValueError, match="aware"), clock.frozen(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


def test_uuid7_is_ordered_by_time_and_well_formed() -> None:
    made = [ids.uuid7() for _ in range(2000)]
    assert len(set(made)) == len(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    # Within one millisecond too.
    parts = [one.int >> 64 for one in made]
    assert parts == sorted(parts)


def test_an_error_carries_its_code_and_says_what_happened() -> None:
    class OutOfPaper(DomainError):
        code = "out_of_paper"
        status = 409
        message = "no paper in {tray}"

    error = OutOfPaper(tray=2)
    assert str(error) == "no paper in 2"
    assert error.as_dict() == {"code": "out_of_paper", "message": "no paper in 2", "params": {"tray": 2}}


def test_money_in_templates() -> None:
    template = Template("{% load kayun %}{{ a|yuan }} {{ b|signed_yuan }} [{{ c|yuan }}]")
    assert template.render(Context({"a": 123450, "b": Money(10), "c": None})) == "¥1,234.50 +¥0.10 []"
