"""`kayun run`: everything on this machine, from an empty folder to pages in a browser."""

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from typing import Final

import click
from filelock import FileLock, Timeout

from config.cli import building, children, data, starting, watching
from config.environment import ROOT

_READY_PATIENCE_S: Final = 60.0


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where to serve.")
@click.option("--demo/--no-demo", default=True, show_default=True, help="Load the demo chain first.")
def run(port: int, demo: bool) -> None:
    """Start everything and serve; ctrl-C ends it.

    Starts PostgreSQL and Valkey, migrates, builds styles and messages, loads the demo chain, then runs web and worker,
    and prints addresses and log-ins. All of it stays under .local/ and on this machine. What dies meanwhile is started
    again. Can be run again at any time, also after it was killed.
    """
    began = time.monotonic()
    os.environ["KAYUN_PUBLIC_PORT"] = str(port)
    # A polite kill and a terminal that closes end us as ctrl-C does, also where a script started us in the background.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with _only_one():
        children.end_leftovers(ROOT)
        _require_free(port)
        _build()
        with children.Children(ROOT) as family:
            # It takes seconds to come up and needs no tables for that: meanwhile they are made.
            web = family.start_web(port=port)
            summary = _fill(demo=demo)
            family.open_doors()
            family.start_worker()
            _wait_until_answering(port, family, web)
            click.echo(f"\nKayun is ready after {time.monotonic() - began:.1f} s: http://localhost:{port}/")
            click.echo(summary)
            click.echo("Logs are in .local/run/logs. End with ctrl-C; `make down` stops the servers too.")
            _watch(family)


def _only_one() -> FileLock:
    try:
        return watching.lock_of(ROOT)
    except Timeout as error:
        raise click.ClickException(
            "Kayun already runs from this folder, in another terminal. End it there with ctrl-C first."
        ) from error


def _require_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise click.ClickException(
                f"Port {port} needs more rights than you have: take one from 1024 on."
            ) from error
        except OSError as error:
            raise click.ClickException(
                f"Port {port} is taken by another program. Take another: make run PORT={port + 1} "
                f"(or kayun run --port {port + 1})."
            ) from error


def _build() -> None:
    with _step("servers"):
        starting.start_servers()
    with _step("messages and styles"):
        building.compile_messages(ROOT)
        building.build_styles(ROOT)


def _fill(*, demo: bool) -> str:
    """Migrate and load the demo; where to log in."""
    starting.start_django(servers=False)
    with _step("migrations"):
        data.migrate_all()
    if not demo:
        return ""
    with _step("demo chain"):
        return data.load_demo()


class _step:  # noqa: N801 - reads as a word where it is used
    """Prints what is being done, and how long it took."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._began = time.monotonic()
        click.echo(f"  {self._name} ... ", nl=False)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        click.echo("failed" if kind else f"{time.monotonic() - self._began:.1f} s")


def _wait_until_answering(port: int, family: children.Children, web: children.Child) -> None:
    give_up = time.monotonic() + _READY_PATIENCE_S
    while True:
        _fail_if_one_ended(family)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > give_up:
                raise click.ClickException(
                    f"The web server does not answer. The end of its log:\n{web.log_tail()}"
                ) from None
            time.sleep(0.1)


def _watch(family: children.Children) -> None:
    keeper = watching.Keeper(family)
    try:
        while True:
            keeper.look()
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("\nEnding ...")


def _fail_if_one_ended(family: children.Children) -> None:
    for child in family.running:
        if (code := child.process.poll()) is not None:
            raise click.ClickException(f"{child.name} ended with code {code}. The end of its log:\n{child.log_tail()}")
