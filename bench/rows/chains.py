"""Posting for random chains, beside the same cards all in one chain's tables."""

from bench.results import Plan, Result, best_of
from bench.rows.posting import CLIENTS, posted_per_second
from bench.seeding import seed_chain
from bench.serving import serving

CHAINS = 100
CARDS_EACH = 5
# Each connection learns each chain's statements, once: a server that has been up for a minute has.
WARM_S = 20.0


def measure(plan: Plan) -> list[Result]:
    """What it costs that every chain has a schema of its own."""
    many = [seed_chain(f"many{number:03}", cards=CARDS_EACH) for number in range(CHAINS)]
    one = seed_chain("shared", cards=CHAINS * CARDS_EACH)
    with serving("config.wsgi:application") as port:
        contenders = {
            "shared": lambda: posted_per_second(port, [one], plan),
            "chains": lambda: posted_per_second(port, many, plan),
        }
        best_of(Plan(rounds=1, seconds=WARM_S, full=False), contenders)
        best = best_of(plan, contenders)
    path = f"API posting for random chains ({CHAINS} schemas), {CLIENTS} clients"
    return [Result(path, "the same cards in one chain's tables", "postings/s", best["chains"], best["shared"], 0.7)]
