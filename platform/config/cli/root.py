"""The `kayun` command itself, and how it reports what went wrong."""

import importlib
from collections.abc import Mapping
from typing import Any, Final

import click

from kernel.localservers.errors import ServersError

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    # name -> (module:function, one-line help); modules are imported only when their command runs.
    "run": ("config.cli.running:run", "Start everything and serve; ctrl-C ends it."),
    "demo": ("config.cli.data:demo", "Load the demo chain through the real services."),
    "demo-code": ("config.cli.data:demo_code", "Print the code that the demo's platform staff log in with now."),
    "up": ("config.cli.servers:up", "Start the local PostgreSQL and Valkey."),
    "down": ("config.cli.servers:down", "Stop the local PostgreSQL and Valkey."),
    "status": ("config.cli.servers:status", "Say which local servers run, and where."),
    "migrate": ("config.cli.data:migrate", "Bring public, template, spares and every chain up to date."),
    "audit": ("config.cli.data:audit", "Prove every balance from its entries and lots."),
    "platform-user": ("config.cli.people:platform_user", "Open an account for somebody of the platform's own staff."),
    "rotate-keys": ("config.cli.keys:rotate_keys", "Move what is encrypted to the newest keys."),
    "prepare-database": ("config.cli.data:prepare_database", "Create roles and database on a real server."),
    "shell": ("config.cli.data:shell", "A Python shell with Django set up."),
    "messages": ("config.cli.building:messages", "Compile the message catalogs."),
    "css": ("config.cli.building:css", "Build the style sheet."),
    "test": ("config.cli.checking:test", "Run every check and all tests, or only the tests named."),
    "check": ("config.cli.checking:check", "Run the checks that are not tests, or those named."),
    "pictures": ("config.cli.picturing:pictures", "Take the README's pictures from the demo."),
    "bench": ("config.cli.checking:bench", "Measure against the peers."),
}


class _LazyGroup(click.Group):
    """Lists its commands without importing them, so that help is immediate and works on a half-built tree."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ServersError as error:
            raise click.ClickException(str(error)) from error


@click.command(cls=_LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """Kayun 卡云: membership cards in the cloud, for stores and chains.

    New here? `kayun run` starts everything on this machine, fills a demo chain and prints where to log in.
    `kayun COMMAND --help` explains one command.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
