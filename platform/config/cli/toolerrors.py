"""The one error of the tools that tests need."""

import click


class ToolMissing(click.ClickException):
    """A tool cannot be had here; the message says what to do next."""
