"""A whole house for a browser to walk through: web, worker and broker of this test's own, over its own database."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from config.cli.building import build_styles, compile_messages
from config.cli.tools import chromium
from kernel.localservers import addresses
from tenants.chains.queries import KEPT_S
from tests.databases import ROOT
from tests.workers import Broker, Workers, valkey, wait_for

SCREENSHOTS = ROOT / ".local" / "test" / "screenshots"


@dataclass(frozen=True, slots=True)
class House:
    """Where the product answers."""

    port: int
    base: str

    def url(self, host: str, path: str = "/") -> str:
        """An address on a host of the product: ``url("yunshan", "/desk/")``; the base host is ``""``."""
        name = f"{host}.{self.base}" if host else self.base
        return f"http://{name}:{self.port}{path}"

    def call(self, host: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Call the API as a till's software does; status and body of the answer."""
        given = {"Host": f"{host}.{self.base}:{self.port}", "Content-Type": "application/json", **headers}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("POST", path, json.dumps(body), given)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process takes all of these tests, so that one house serves them."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(autouse=True)
def _database_beside_the_browsers_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop in this thread, which Django would take for an asynchronous caller."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def browser() -> Iterator[Browser]:
    """The browser that ``kayun test`` found or provided; names under .localhost lead to this machine.

    Started for each test: Playwright's event loop must not outlive it in a thread where other tests use the ORM.
    """
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.localhost 127.0.0.1"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium()), args=arguments)
        yield opened
        opened.close()


@dataclass(frozen=True, slots=True)
class Running:
    """The house's processes, and when a test was last in it."""

    house: House
    broker: Broker
    left_at: list[float]


@pytest.fixture(scope="session")
def _running_house(_own_database: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Web and worker, as ``kayun run`` starts them: once, for starting them takes longer than most walks through."""
    compile_messages(ROOT)
    build_styles(ROOT)
    folder, port = tmp_path_factory.mktemp("house"), _free_port()
    with valkey(folder) as broker:
        workers = Workers(broker, folder)
        log = (folder / "web.log").open("wb")
        web = subprocess.Popen(_web(port), cwd=ROOT, env=_environment(workers, port), stdout=log, stderr=log)
        try:
            workers.start()
            wait_for(lambda: _answers(port))
            yield Running(house=House(port=port, base="localhost"), broker=broker, left_at=[])
        finally:
            web.terminate()
            web.wait(timeout=20)
            workers.end()
            log.close()


@pytest.fixture
def house(database: None, _running_house: Running) -> Iterator[House]:
    """A house where nobody has been: what the last test's visitors left in its memory is forgotten."""
    with _running_house.broker.client() as client:
        for key in client.scan_iter("*allauth*"):
            client.delete(key)
    if _running_house.left_at:
        # The web process remembers for seconds which chain answers at a host.
        time.sleep(max(0.0, _running_house.left_at[-1] + KEPT_S - time.monotonic()))
    yield _running_house.house
    _running_house.left_at.append(time.monotonic())


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[[int], Page]]:
    """``window(360)``: a page of a visitor of his own, in China; what breaks in it fails the test."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    def opened(width: int) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda message: broken.append(message.text) if _is_fault(message) else None)
        page.on("response", lambda answer: broken.append(answer.url) if _is_missing(answer) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert broken == []


def look(page: Page, name: str) -> None:
    """Keep a picture of the page, for people, and see that nothing sticks out of it."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def _is_fault(message: ConsoleMessage) -> bool:
    # A form that is refused answers with its error's status, which the browser notes; the page itself is well.
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def _is_missing(answer: Response) -> bool:
    return answer.status >= 500 or (answer.status >= 400 and "/static/" in answer.url)


def _web(port: int) -> list[str]:
    granian = str(Path(sys.executable).with_name("granian"))
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "4", "--no-ws"]
    return [granian, *options, "config.wsgi:application"]


def _environment(workers: Workers, port: int) -> dict[str, str]:
    servers = addresses(ROOT, "test").for_database(connections["default"].settings_dict["NAME"])
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.house_settings",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
        "KAYUN_MODE": "test",
        "KAYUN_ROLE": "web",
        "KAYUN_PUBLIC_PORT": str(port),
        "DATABASE_URL": servers.database_url,
        "DATABASE_OWNER_URL": servers.owner_url,
        "REDIS_URL": workers.broker.redis_url,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            answer = connection.getresponse()
            answer.read()
            return answer.status == 200
    except OSError:
        return False
