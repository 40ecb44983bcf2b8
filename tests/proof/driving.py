"""How the proof drives the program: each act in a transaction of its own, at the world's moment, and counted."""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from kernel import clock
from kernel.db import in_chain
from kernel.errors import DomainError
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor

DONE = "done"
AGAIN = "again"

Answer = tuple[Any, str | None]
"""What an act returned, and the code of its refusal: one of the two."""


@dataclass
class Driving:
    """One chain, one store, one clerk who may do everything. ``now`` is the moment at which the next act happens.

    ``reached``: how often each act ended in which way: (act, code of the refusal), ``DONE``, or ``AGAIN`` when it was
    only asked for once more.
    """

    chain: Chain
    store_id: int
    now: datetime
    clerk: Actor = field(default_factory=lambda: Actor(kind="staff", id=7, name="周晓梅", grants=SYSTEM.grants))
    office: Actor = field(default_factory=lambda: Actor(kind="staff", id=8, name="高远", grants=SYSTEM.grants))
    keys: "itertools.count[int]" = field(default_factory=itertools.count)
    serials: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    pins: dict[str, str] = field(default_factory=dict)
    product_id: int = 0
    reached: Counter[tuple[str, str]] = field(default_factory=Counter)

    def do(self, name: str, act: Callable[[], Any]) -> Answer:
        """Do an act in a transaction of its own, now."""
        with clock.frozen(self.now):
            try:
                with in_chain(self.chain.schema_name):
                    done, code = act(), None
            except DomainError as error:
                done, code = None, error.code
        self.reached[name, code or (AGAIN if getattr(done, "replayed", False) else DONE)] += 1
        return done, code

    def look(self, question: Callable[[], Any]) -> Any:
        """Ask something of the database, uncounted."""
        with clock.frozen(self.now), in_chain(self.chain.schema_name):
            return question()

    def key(self) -> str:
        """A key that was not used before."""
        return f"proof-{next(self.keys)}"


assert settings.MODE == "test"
