"""The `kayun` command. Each file here holds one group of commands; this one puts them together."""

from config.cli.root import main

__all__ = ["main"]
