"""`kayun test`, `kayun check`, `kayun bench`."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final

import click

from config.cli import tools
from config.cli.building import build_styles, compile_messages
from config.cli.checks import CHECKS, Outcome, environment
from config.environment import ROOT
from kernel import localservers

_WORKERS: Final = "2"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(pytest_arguments: tuple[str, ...]) -> None:
    """Run every check and all tests; with PATHs or pytest's options, only those tests.

    \b
    kayun test                       all checks, then all tests, browser and pooler included
    kayun test tests/ledger -x       only these tests

    What tests need and this machine lacks (Chromium, PgBouncer, a Chinese font) is installed, or unpacked under
    .local/. Where that cannot be done, it says the one command to run, and stops: nothing is skipped in silence.
    """
    began = time.monotonic()
    if pytest_arguments:
        _prepare_tests()
        raise click.exceptions.Exit(_pytest(pytest_arguments))
    tools.provide()
    _prepare_tests()
    failed = run_checks(list(CHECKS))
    code = _pytest(("-n", _WORKERS, "--dist", "loadgroup", "--durations", "30"))
    failed += ["tests"] if code else []
    _conclude(failed, seconds=time.monotonic() - began)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="List the checks and what each is for.")
def check(names: tuple[str, ...], only_list: bool) -> None:
    """Run the checks that are not tests, or only those NAMED."""
    if only_list:
        for name, entry in CHECKS.items():
            click.echo(f"{name:12} {entry.purpose}")
        return
    if unknown := sorted(set(names) - set(CHECKS)):
        raise click.UsageError(f"No check is called {', '.join(unknown)}; `kayun check --list` names them.")
    began = time.monotonic()
    failed = run_checks(list(names or CHECKS))
    _conclude(failed, seconds=time.monotonic() - began)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure against the peers, interleaved, best of five, and write docs/benchmarks.md."""
    localservers.ensure(ROOT, "bench")
    variables = {**os.environ, "KAYUN_PROFILE": "bench", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-m", "bench", *arguments], cwd=ROOT, env=variables, check=False)
    raise click.exceptions.Exit(done.returncode)


def run_checks(names: Sequence[str]) -> list[str]:
    """Run the named checks, two at a time, and print a line each as it ends; the names of those that failed."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {pool.submit(_timed, name): name for name in names}
        for future in as_completed(running):
            outcome, seconds = future.result()
            _report(running[future], outcome, seconds)
            if not outcome.passed:
                failed.append(running[future])
    return failed


def _timed(name: str) -> tuple[Outcome, float]:
    began = time.monotonic()
    outcome = CHECKS[name].run()
    return outcome, time.monotonic() - began


def _report(name: str, outcome: Outcome, seconds: float) -> None:
    verdict = click.style("ok", fg="green") if outcome.passed else click.style("FAILED", fg="red")
    click.echo(f"  {name:12} {verdict:6} {seconds:6.1f} s  {outcome.note}")
    if not outcome.passed:
        click.echo("\n".join(f"    {line}" for line in outcome.said.rstrip().splitlines()))


def _prepare_tests() -> None:
    localservers.ensure(ROOT, "test")
    compile_messages(ROOT)
    build_styles(ROOT)


def _pytest(arguments: Sequence[str]) -> int:
    sys.stdout.flush()
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment(), check=False
    ).returncode


def _conclude(failed: Sequence[str], *, seconds: float) -> None:
    if failed:
        click.echo(f"Failed after {seconds:.0f} s: {', '.join(failed)}. Each alone: kayun check NAME, kayun test PATH")
        raise click.exceptions.Exit(1)
    click.echo(f"All is well after {seconds:.0f} s.")
