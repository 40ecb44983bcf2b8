"""`kayun up`, `kayun down`, `kayun status`: the local servers."""

import time

import click
from filelock import Timeout

from config.cli.watching import lock_of
from config.environment import ROOT
from kernel import localservers

_PROFILE_HELP = "Which set of servers: the one you run, the one tests use (not durable), or the benchmarks'."
profile_option = click.option(
    "--profile", type=click.Choice(list(localservers.PROFILES)), default="run", show_default=True, help=_PROFILE_HELP
)


@click.command()
@profile_option
def up(profile: localservers.Profile) -> None:
    """Start the local PostgreSQL and Valkey, and print their addresses.

    They go on running when this command ends; `kayun down` stops them. Starting them twice does no harm. Where
    DATABASE_URL or REDIS_URL is set, that server is used and nothing is started in its place.
    """
    began = time.monotonic()
    servers = localservers.ensure(ROOT, profile)
    click.echo(f"Ready after {time.monotonic() - began:.2f} s ({profile}).")
    click.echo(f"  application  {servers.database_url}")
    click.echo(f"  owner        {servers.owner_url}")
    click.echo(f"  valkey       {servers.redis_url}")


@click.command()
@click.option("--profile", type=click.Choice(list(localservers.PROFILES)), help="Only this set, not all of them.")
def down(profile: localservers.Profile | None) -> None:
    """Stop the local PostgreSQL and Valkey. Their data stays and is there at the next start."""
    profiles: list[localservers.Profile] = [profile] if profile else ["run", "test", "bench"]
    if "run" in profiles:
        _refuse_while_serving()
    stopped = [f"{name} ({each})" for each in profiles for name in localservers.stop(ROOT, each)]
    click.echo(f"Stopped: {', '.join(stopped)}." if stopped else "No local server was running.")


def _refuse_while_serving() -> None:
    try:
        lock_of(ROOT).release()
    except Timeout as error:
        raise click.ClickException(
            "`make run` serves from this folder and would start them again: end it there with ctrl-C first."
        ) from error


@click.command()
def status() -> None:
    """Say which local servers run, and where. Starts nothing."""
    profiles: list[localservers.Profile] = ["run", "test", "bench"]
    for profile in profiles:
        for server in localservers.status(ROOT, profile):
            state = {True: "running", False: "stopped", None: "named by the environment"}[server.running]
            click.echo(f"{profile:6} {server.name:11} {state:10} {server.address}")
