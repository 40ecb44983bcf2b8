"""Days beyond this age are a slip of the hand: told so, never an error of ours."""

from collections.abc import Callable

import pytest
from django.test import Client

AtDesk = Callable[[str], Client]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2200-01-01"])
@pytest.mark.parametrize(("address", "role"), [("/desk/day/", "STORE_MANAGER"), ("/desk/audit/", "INFORMATION")])
def test_a_day_beyond_this_age(at_desk: AtDesk, address: str, role: str, day: str) -> None:
    assert at_desk(role).get(address, {"day": day}).status_code == 200


def test_a_rule_of_no_kind(at_desk: AtDesk) -> None:
    assert at_desk("INFORMATION").post("/desk/value/rules/zzz/99999/").status_code == 404
