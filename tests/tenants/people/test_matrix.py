"""Every preset × every act × every scope, as section Y is read. The table is written out: it is the specification."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from kernel.db import in_public
from tenants.chains.models import Chain
from tenants.people.domain import ACT_GROUPS, Act, Actor
from tenants.people.models import Assignment, Role, User
from tenants.people.presets import PRESETS
from tenants.people.queries import actor_of

IN_CHAIN = Callable[..., AbstractContextManager[None]]

# The columns, left to right:
COLUMNS = [
    *("member.view", "member.create", "card.view", "card.make", "card.issue", "pin.reset", "card.loss", "card.freeze"),
    *("value.top_up", "value.consume", "value.reverse"),
    *("report.view", "register.view", "audit.view"),
    *("store.manage", "staff.manage", "apikey.manage"),
]

#                  member: view create|card: view make issue pin loss freeze|value: top_up consume reverse|the rest
EXPECTED = """
OWNER                  Y     Y     Y    Y    Y    Y   Y     Y    Y      Y      Y       Y       Y      Y     Y     Y    Y
HEAD_OFFICE            Y     -     Y    -    -    -   -     -    -      -      -       Y       Y      Y     Y     Y    -
INFORMATION            -     -     Y    -    -    -   -     -    -      -      -       -       Y      Y     Y     -    Y
BRANCH_INFORMATION     -     -     Y    -    -    -   -     -    -      -      -       -       Y      -     -     -    -
TREASURY               Y     -     Y    -    -    -   -     -    -      -      Y       Y       Y      -     -     -    -
FINANCE                Y     -     Y    -    -    -   -     -    -      -      -       Y       Y      Y     -     -    -
CASH_OFFICER           -     -     Y    -    -    -   -     -    -      -      -       Y       Y      -     -     -    -
CASHIER                Y     -     Y    -    -    -   -     -    Y      Y      -       -       -      -     -     -    -
MEMBER_SERVICE         Y     Y     Y    Y    Y    Y   Y     Y    -      -      -       Y       Y      -     -     -    -
STORE_MANAGER          Y     Y     Y    -    Y    Y   Y     Y    Y      Y      -       Y       Y      -     -     -    -
PLANNING               -     -     Y    -    -    -   -     -    -      -      -       Y       Y      -     -     -    -
SUPPLY                 -     -     Y    -    -    -   -     -    -      -      -       -       -      -     -     -    -
MARKETING              -     -     Y    -    -    -   -     -    -      -      -       Y       -      -     -     -    -
SALES                  Y     Y     Y    -    Y    -   -     -    -      -      -       -       -      -     -     -    -
CLERK                  Y     Y     Y    -    Y    -   -     -    -      -      -       -       -      -     -     -    -
CONSULTANT             Y     Y     Y    -    -    -   -     -    -      -      -       -       -      -     -     -    -
TEAM_LEADER            Y     Y     Y    -    Y    -   -     -    -      -      -       Y       -      -     -     -    -
FRONT_DESK             Y     Y     Y    -    Y    Y   Y     -    Y      Y      -       -       -      -     -     -    -
"""

# Stock, members' documents, signed bills, dormancy, data: the columns as they stand below.
COLUMNS += [
    *("card.type", "card.reissue", "card.validity", "card.collect"),
    *("stock.request", "stock.approve", "stock.deliver", "stock.count", "stock.destroy"),
    *("member.reveal", "member.merge"),
    *("value.policy", "value.sign", "value.settle", "value.return", "fault.report", "points.adjust"),
    *("dormancy.list", "dormancy.approve"),
    *("data.import", "data.sign", "data.export"),
    "card.adjust",
]

#            card: type reissue validity collect|stock: request approve deliver count destroy|member: reveal merge|
#            value: policy sign settle return fault points|dormancy: list approve|data: import sign export|adjust
EXPECTED_TOO = """
OWNER                Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y
HEAD_OFFICE          - - - - - Y - - - - - - - - - - - - Y - Y - -
INFORMATION          Y - - - - - - - - - - Y - - - - - - - Y - - -
BRANCH_INFORMATION   - - - - - - - - - - - - - - - - - - - - - - -
TREASURY             - - - Y - - - - Y Y - - - - Y Y - - - - - Y -
FINANCE              - - - - - - - Y Y - - - - Y - - - - - - Y Y -
CASH_OFFICER         - - - - - - - - - - - - - Y - - - - - - - - -
CASHIER              - - - - - - - - - - - - Y Y - Y - - - - - - -
MEMBER_SERVICE       - Y Y Y Y - Y Y Y Y Y - - - - Y Y Y - Y - Y Y
STORE_MANAGER        - Y Y Y Y - - Y - - - - Y Y Y Y - - - - - - Y
PLANNING             - - - - Y - Y Y - - - - - - - - - - - - - - -
SUPPLY               - - - - - - - - - - - - - - - - - - - - - - -
MARKETING            - - - - - - - - - - - - - - - - - - - - - - -
SALES                - - - - - - - - - - - - - - - - - - - - - - -
CLERK                - - - - - - - - - - - - - - - - - - - - - - -
CONSULTANT           - - - - - - - - - - - - - - - - - - - - - - -
TEAM_LEADER          - - - - - - Y - - - - - - - - - - - - - - - -
FRONT_DESK           - Y - - - - - - - - - - Y Y - Y - - - - - - -
"""

ROWS = {line.split()[0]: line.split()[1:] for line in EXPECTED.strip().splitlines()}
for line in EXPECTED_TOO.strip().splitlines():
    code, *cells = line.split()
    ROWS[code] += cells

IN_STORE, OTHER_STORE, EVERYWHERE = 1, 2, None
"""Where an act is asked for."""

# (the role was given in, the act is asked for in) → allowed, for an act the role has. Without the act: never.
SCOPES = {
    (IN_STORE, IN_STORE): True,
    (IN_STORE, OTHER_STORE): False,
    (IN_STORE, EVERYWHERE): False,
    (EVERYWHERE, IN_STORE): True,
    (EVERYWHERE, OTHER_STORE): True,
    (EVERYWHERE, EVERYWHERE): True,
}


@pytest.fixture(params=[IN_STORE, EVERYWHERE], ids=["given in one store", "given everywhere"])
def given_in(request: pytest.FixtureRequest) -> int | None:
    scope: int | None = request.param
    return scope


@pytest.fixture
def actors(given_in: int | None, in_chain: IN_CHAIN) -> dict[str, Actor]:
    """One person per preset, who has that role only."""
    found: dict[str, Actor] = {}
    with in_chain():
        for code in ROWS:
            person = User.objects.create(username=code.lower(), name=code)
            Assignment.objects.create(user=person, role=Role.objects.get(code=code), store_id=given_in)
            found[code] = actor_of(person)
    return found


def test_the_table_names_every_preset_and_every_act() -> None:
    assert list(ROWS) == [preset.code for preset in PRESETS]
    assert sorted(COLUMNS) == sorted(Act.values)
    assert {len(cells) for cells in ROWS.values()} == {len(COLUMNS)}


def test_every_cell_in_every_scope(actors: dict[str, Actor], given_in: int | None) -> None:
    """R-I05 and section Y: 18 roles × every act × 3 places, for roles given in one store and everywhere."""
    wrong = []
    for code, cells in ROWS.items():
        for act, cell in zip(COLUMNS, cells, strict=True):
            for asked_in in (IN_STORE, OTHER_STORE, EVERYWHERE):
                expected = cell == "Y" and SCOPES[given_in, asked_in]
                if actors[code].may(act, store_id=asked_in) is not expected:
                    wrong.append((code, act, asked_in, expected))
    assert wrong == []


def test_only_treasury_and_the_owner_reverse() -> None:
    """R-I05: reverse top-up permission only with HQ finance treasury."""
    assert [preset.code for preset in PRESETS if Act.VALUE_REVERSE in preset.acts] == ["OWNER", "TREASURY"]


def test_the_matrix_page_shows_each_act_once() -> None:
    shown = [act for _, acts in ACT_GROUPS for act in acts]
    assert sorted(shown) == sorted(Act)


def test_roles_add_up_and_stores_are_kept_apart(in_chain: IN_CHAIN) -> None:
    with in_chain():
        person = User.objects.create(username="two-hats", name="周敏")
        for code, store_id in (("CASHIER", 1), ("CASHIER", 2), ("FINANCE", None), ("CLERK", 2)):
            Assignment.objects.create(user=person, role=Role.objects.get(code=code), store_id=store_id)
        actor = actor_of(person)
    assert actor.grants["value.top_up"] == frozenset({1, 2})
    assert actor.grants["card.issue"] == frozenset({2})
    assert actor.grants["card.view"] == "all"
    assert "staff.manage" not in actor.grants


def test_an_actor_is_read_by_one_query(
    in_chain: IN_CHAIN, django_assert_num_queries: Callable[[int], AbstractContextManager[None]]
) -> None:
    with in_chain():
        person = User.objects.create(username="one", name="一")
        for role in Role.objects.all():
            Assignment.objects.create(user=person, role=role, store_id=None)
        with django_assert_num_queries(1):
            actor = actor_of(person)
    assert str(actor) == f"staff:{person.pk}"


def test_a_closed_account_may_do_nothing(in_chain: IN_CHAIN) -> None:
    with in_chain():
        person = User.objects.create(username="gone", name="离职", is_active=False)
        Assignment.objects.create(user=person, role=Role.objects.get(code="CASHIER"), store_id=None)
        assert actor_of(person).grants == {}


def test_public_has_no_roles(chain: Chain) -> None:
    with in_public():
        assert Role.objects.count() == 0
