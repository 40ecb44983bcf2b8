"""Nothing that can be done with a card, a member or value is forgotten by the model."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import membership
from tests.proof.acts import ELSEWHERE, PLAYED

_WITHOUT_ACTOR = {
    "cards.services.validity.expire_cards",
    "cashier.fast.consume_many",
    "expiry.services.daily.run",
    "expiry.services.dormancy.freeze_due",
    "expiry.services.points.give_notices",
}


def _acts() -> Iterator[str]:
    """Every public function of membership that says who acts."""
    for module in pkgutil.walk_packages(membership.__path__, "membership."):
        if ".migrations" in module.name:
            continue
        for name, function in vars(importlib.import_module(module.name)).items():
            is_own = inspect.isfunction(function) and function.__module__ == module.name
            if is_own and not name.startswith("_") and "actor" in inspect.signature(function).parameters:
                yield f"{module.name}.{name}".removeprefix("membership.")


def test_every_act_is_played_or_said_why_not() -> None:
    acts = set(_acts()) | _WITHOUT_ACTOR
    assert PLAYED.keys() <= acts
    left = {act for act in acts - PLAYED.keys() if not act.startswith(tuple(ELSEWHERE))}
    assert left == set(), "play it in tests/proof, or say in acts.ELSEWHERE why not"


def test_no_excuse_outlives_what_it_was_for() -> None:
    acts = set(_acts()) - PLAYED.keys()
    assert [name for name in ELSEWHERE if not any(act.startswith(name) for act in acts)] == []
