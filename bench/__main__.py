"""``python -m bench``; ``kayun bench`` starts the servers first."""

import argparse
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("KAYUN_PROFILE", "bench")


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the report; the exit status is 1 when a goal was missed."""
    from bench import run

    parser = argparse.ArgumentParser(prog="kayun bench", description="Measure against the peers.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these: {', '.join(run.ROWS)}; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured; the best counts (5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each measurement of a rate takes (4)")
    parser.add_argument(
        "--full",
        action="store_true",
        help="with 3,000 schemas present where 300 are the default, and a million rows where 100,000 are",
    )
    parser.add_argument("--no-report", action="store_true", help="print only; leave docs/benchmarks.md as it is")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.rows) - set(run.ROWS)):
        parser.error(f"no row is called {', '.join(unknown)}")
    plan = run.Plan(rounds=given.rounds, seconds=given.seconds, full=given.full)
    return run.measure_all(given.rows or list(run.ROWS), plan, write=not given.no_report)


if __name__ == "__main__":
    sys.exit(main())
