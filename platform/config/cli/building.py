"""`kayun messages` and `kayun css`: what is built from sources and not committed."""

import gettext
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

from config.environment import ROOT

# Where strings live: the apps, not the environment or what tools unpack.
SOURCE_ROOTS: Final = ("platform", "tenants", "billing", "membership", "portal", "api")

STYLES: Final = Path("portal/styles/app.css")
BUILT_STYLES: Final = Path("portal/static/portal/app.css")
# What may name a class: Tailwind reads the same folders (see @source in the style sheet).
_STYLE_SOURCES: Final = ("portal/styles", "portal/templates", "portal/components", "portal/templatetags")


def catalogs(root: Path) -> list[Path]:
    """Every message catalog of the project."""
    return sorted(path for top in SOURCE_ROOTS for path in (root / top).rglob("locale/*/LC_MESSAGES/*.po"))


def compile_messages(root: Path) -> list[Path]:
    """Compile the catalogs that are newer than what was compiled from them; those compiled."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = []
    began = time.time()
    for source in catalogs(root):
        target = source.with_suffix(".mo")
        if _newest([source]) < _modified(target):
            continue
        with source.open("rb") as stream:
            catalog = read_po(stream, locale=source.parts[-3], abort_invalid=True)
        # Beside, then renamed: a process that starts meanwhile reads the old catalog or the new one, never half.
        fresh = target.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as stream:
            write_mo(stream, catalog)
        _check_readable(fresh, source)
        _put(fresh, target, began=began)
        compiled.append(source)
    return compiled


def _check_readable(compiled: Path, source: Path) -> None:
    """A catalog that gettext cannot read breaks every page: better that it is never put in place."""
    try:
        with compiled.open("rb") as stream:
            gettext.GNUTranslations(stream)
    except (OSError, ValueError) as error:
        compiled.unlink()
        raise click.ClickException(f"{source} does not compile to a catalog that can be read: {error}") from error


def build_styles(root: Path) -> bool:
    """Build the style sheet when a source is newer than it; whether it was built.

    Raises click.ClickException with the compiler's message.
    """
    target = root / BUILT_STYLES
    sources = (path for folder in _STYLE_SOURCES for path in (root / folder).rglob("*") if path.is_file())
    if _newest(sources) < _modified(target):
        return False
    began = time.time()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(f".{os.getpid()}.css")
    built = subprocess.run(
        [Path(sys.executable).with_name("tailwindcss"), "-i", root / STYLES, "-o", fresh, "--minify"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        fresh.unlink(missing_ok=True)
        raise click.ClickException(f"The style sheet does not build:\n{built.stderr}")
    _put(fresh, target, began=began)
    return True


def _put(fresh: Path, target: Path, *, began: float) -> None:
    # Dated to when its sources were read: what changed while it was built is newer still, and built next time.
    os.utime(fresh, (began, began))
    fresh.replace(target)


def _newest(paths: Iterable[Path]) -> float:
    return max((path.stat().st_mtime for path in paths), default=0.0)


def _modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else -1.0


@click.command()
@click.option("--missing", metavar="LANGUAGE", help="Print what lacks a translation instead.")
def messages(missing: str | None) -> None:
    """Compile the message catalogs (.po) that have changed, so that pages appear in each language.

    `kayun messages --missing en` prints what has no English yet, as entries for an app's catalog.
    """
    if missing:
        from config.cli import catalogs as sources
        from config.cli.starting import start_django

        start_django(servers=False)
        click.echo(sources.skeleton(ROOT, missing))
        return
    compiled = compile_messages(ROOT)
    for source in compiled:
        click.echo(f"compiled {source.relative_to(ROOT)}")
    if not compiled:
        click.echo("All catalogs are compiled.")


@click.command()
def css() -> None:
    """Build the style sheet from portal/styles when it, or a template, has changed."""
    click.echo(f"built {BUILT_STYLES}" if build_styles(ROOT) else "The style sheet is up to date.")
