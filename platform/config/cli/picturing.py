"""`kayun pictures`: the pictures of the README, taken from the demo that is being served."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from config.cli.starting import start_django
from config.cli.tools import chromium
from config.environment import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from config.demo.summary import Login, Summary

_PLACE: Final = ROOT / "docs" / "images"
_LANGUAGES: Final = {"": "en-GB", ".zh": "zh-CN"}
_DESK: Final = (1280, 760)
_PHONE: Final = (390, 760)


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Where `kayun run` serves."
)
def pictures(port: int) -> None:
    """Take the pictures of the README anew, from the demo chain.

    `make run` must be serving it from this folder, in another terminal. Look at the pictures before you commit them.
    """
    os.environ["KAYUN_PUBLIC_PORT"] = str(port)
    start_django()
    from playwright.sync_api import Error, sync_playwright

    from config.demo import load

    # Before the browser: its event loop would be taken for an asynchronous caller of the database.
    summary = load()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=["--no-sandbox"])
        try:
            taken = [path for mark in _LANGUAGES for path in _take(browser, summary, mark)]
        except Error as error:
            raise click.ClickException(
                f"{error.message}\nIs it served at port {port}? Run `make run` first."
            ) from error
        finally:
            browser.close()
    for path in taken:
        click.echo(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB")


def _take(browser: "Browser", summary: "Summary", mark: str) -> list[Path]:
    """The desk's till with a card laid on it, and the same card as its holder sees it."""
    manager = _login(summary, "manager")
    member = summary.logins[-1]
    with _window(browser, mark, _DESK) as page:
        _enter(page, manager, "login", "password")
        page.goto(f"{manager.address}till/?card={member.name}")
        desk = _shoot(page, f"desk{mark}.png")
    with _window(browser, mark, _PHONE) as page:
        _enter(page, member, "card_number", "pin")
        phone = _shoot(page, f"member{mark}.png")
    return [desk, phone]


def _login(summary: "Summary", name: str) -> "Login":
    return next(login for login in summary.logins if login.name == name)


@contextmanager
def _window(browser: "Browser", mark: str, size: tuple[int, int]) -> Iterator["Page"]:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=_LANGUAGES[mark], timezone_id="Asia/Shanghai"
    )
    yield context.new_page()
    context.close()


def _enter(page: "Page", login: "Login", name_field: str, secret_field: str) -> None:
    page.goto(login.address)
    page.fill(f"[name={name_field}]", login.name)
    page.fill(f"[name={secret_field}]", login.secret)
    with page.expect_navigation():
        page.press(f"[name={secret_field}]", "Enter")


def _shoot(page: "Page", name: str) -> Path:
    # What was said at log-in is no part of the page.
    for toast in page.query_selector_all(".toast"):
        toast.evaluate("node => node.remove()")
    page.wait_for_load_state("networkidle")
    path = _PLACE / name
    page.screenshot(path=path)
    return path
