"""Posting while strangers try PINs, beside posting alone."""

from bench.flood import LOGINS_PER_SECOND, flood
from bench.results import Plan, Result, best_of
from bench.rows.posting import CARDS, CLIENTS, posted_per_second
from bench.seeding import seed_chain
from bench.serving import serving


def measure(plan: Plan) -> list[Result]:
    """What a flood of log-ins leaves to the tills."""
    chain = seed_chain("pins", cards=CARDS)
    with serving("config.wsgi:application") as port:

        def flooded() -> float:
            with flood(port, chain.host, seconds=plan.seconds + 2):
                return posted_per_second(port, [chain], plan)

        contenders = {"alone": lambda: posted_per_second(port, [chain], plan), "flooded": flooded}
        best_of(Plan(rounds=1, seconds=3, full=False), contenders)
        best = best_of(plan, contenders)
    path = f"API posting during a flood of {LOGINS_PER_SECOND} PIN log-ins a second, {CLIENTS} clients"
    return [Result(path, "posting alone", "postings/s", best["flooded"], best["alone"], 0.8)]
