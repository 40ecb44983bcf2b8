"""Posting while strangers try PINs, beside posting alone."""

from collections.abc import Callable
from typing import Final

from bench.flood import LOGINS_PER_SECOND, flood
from bench.results import Plan, Result, best_of
from bench.rows.posting import CARDS, CLIENTS, posted_per_second
from bench.seeding import BenchChain, seed_chain
from bench.serving import serving

# From one address the door soon turns them away; of a thousand, none comes often enough for that.
_ADDRESSES: Final = {"one address": 1, "1,000 addresses": 1000}


def measure(plan: Plan) -> list[Result]:
    """What a flood of log-ins leaves to the tills."""
    chain = seed_chain("pins", cards=CARDS)
    with serving("config.wsgi:application", more_variables={"KAYUN_BEHIND_PROXY": "1"}) as port:
        contenders = {"alone": lambda: posted_per_second(port, [chain], plan)}
        contenders |= {name: _flooded(port, chain, plan, addresses) for name, addresses in _ADDRESSES.items()}
        best_of(Plan(rounds=1, seconds=3, full=False), contenders)
        best = best_of(plan, contenders)
    path = f"API posting during a flood of {LOGINS_PER_SECOND} PIN log-ins a second"
    return [
        Result(f"{path} from {name}, {CLIENTS} clients", "posting alone", "postings/s", best[name], best["alone"], 0.8)
        for name in _ADDRESSES
    ]


def _flooded(port: int, chain: BenchChain, plan: Plan, addresses: int) -> Callable[[], float]:
    def measure_flooded() -> float:
        with flood(port, chain.host, seconds=plan.seconds + 2, addresses=addresses):
            return posted_per_second(port, [chain], plan)

    return measure_flooded
