"""The portal as something that can be installed, and what its first page weighs."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client

from tenants.chains.models import Chain
from tests.membership.conftest import Holder

LogIn = Callable[[Holder], Client]

FIRST_PAGE_BYTES = 60_000
_HEADERS_EACH = 700
"""What the headers of one answer come to, cookies and policy included (measured: 400 to 650)."""


def _fetched(text: str) -> list[str]:
    """What a browser fetches of its own accord with a page."""
    links = re.findall(r'<link rel="(?:icon|stylesheet|manifest)" href="([^"]+)"', text)
    return links + re.findall(r'<(?:script|img)[^>]* src="([^"]+)"', text)


def _weight(browser: Client, path: str) -> dict[str, int]:
    """The bytes of a page that was never opened before, by address: files compressed as production serves them, pages
    as they are sent.
    """
    answer = browser.get(path)
    assert answer.status_code == 200
    weights = {path: len(answer.content) + _HEADERS_EACH}
    for address in _fetched(answer.content.decode()):
        if address.startswith("/static/"):
            found = finders.find(address.removeprefix("/static/"))
            content = Path(str(found)).read_bytes()
            kept = min(content, gzip.compress(content, 9, mtime=0), key=len)
        else:
            kept = browser.get(address).content
        weights[address] = len(kept) + _HEADERS_EACH
    return weights


def test_the_first_page_weighs_less_than_60_kb(
    chain: Chain, client_of: Callable[..., Client], holder: Holder, log_in: LogIn
) -> None:
    """The door, which is the first page of whoever comes; and her cards, which may be, once she is remembered."""
    for browser, path in ((client_of(chain), "/"), (log_in(holder), "/card/")):
        weights = _weight(browser, path)
        assert "/static/portal/app.css" in weights
        assert sum(weights.values()) < FIRST_PAGE_BYTES, weights


def test_the_portal_can_be_installed_under_the_chains_name(chain: Chain, client_of: Callable[..., Client]) -> None:
    browser = client_of(chain)
    page = browser.get("/").content.decode()
    assert '<link rel="manifest" href="/app.webmanifest">' in page
    answer = browser.get("/app.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    told = answer.json()
    assert told["name"] == f"{chain.name} 会员卡"
    assert (told["start_url"], told["scope"], told["display"]) == ("/card/", "/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in told["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    for icon in told["icons"]:
        found = Path(str(finders.find(icon["src"].removeprefix("/static/"))))
        width = int(icon["sizes"].partition("x")[0])
        assert found.read_bytes()[16:24] == width.to_bytes(4) * 2, "a PNG tells its size at its beginning"


def test_the_worker_is_fetched_anew_and_names_what_it_keeps(chain: Chain, client_of: Callable[..., Client]) -> None:
    browser = client_of(chain)
    (address,) = re.findall(r'name="kayun-worker" content="([^"]+)"', browser.get("/").content.decode())
    answer = browser.get(address.replace("&amp;", "&"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    parts = re.findall(r"part=([^&]+)", address.replace("&amp;", "&"))
    assert parts
    for part in parts:
        assert finders.find(part.replace("%2F", "/").removeprefix("/static/")) is not None, part
    offline = browser.get("/offline/").content.decode()
    kept = {part.replace("%2F", "/") for part in parts}
    fetched = {one for one in _fetched(offline) if one.startswith("/static/")}
    assert fetched <= kept, "the page without a network has everything it is drawn with"


def test_what_is_kept_without_a_network_is_of_nobody(holder: Holder, log_in: LogIn) -> None:
    """Also while somebody is logged in: the page is kept for whoever comes."""
    member = log_in(holder)
    for path in ("/offline/", "/app.webmanifest", "/sw.js"):
        text = member.get(path).content.decode()
        assert holder.number not in text.replace(" ", "")
        assert holder.member.name not in text
