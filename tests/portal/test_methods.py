"""Every page is asked by GET, HEAD or POST, and says so to whatever else comes."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kernel.http.handlers import PROGRAMS_PREFIX
from tenants.chains.models import Chain


def _addresses(urls: list[Any], prefix: str = "/") -> Iterator[str]:
    """Every address, with something put in for its parameters."""
    for url in urls:
        path = prefix + re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]*>", "1", str(url.pattern)).strip("^").replace("\\Z", "")
        if isinstance(url, URLResolver):
            yield from _addresses(url.url_patterns, path)
        elif isinstance(url, URLPattern):
            yield path.removesuffix("$")


@pytest.mark.parametrize("urlconf", ["config.urls_chain", "config.urls_public"])
def test_no_page_takes_a_put(chain: Chain, client_of: Callable[..., Client], urlconf: str) -> None:
    browser = client_of(chain if urlconf.endswith("chain") else None)
    pages = {path for path in _addresses(get_resolver(urlconf).url_patterns) if not path.startswith(PROGRAMS_PREFIX)}
    assert len(pages) > 60
    assert {path for path in pages if browser.put(path).status_code != 405} == set()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_what_is_refused_is_drawn_as_a_page_and_names_what_is_taken(
    chain: Chain, client_of: Callable[..., Client], method: str
) -> None:
    answer = getattr(client_of(chain), method)("/desk/login/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
    assert "method_not_allowed" in answer.content.decode()
    told = getattr(client_of(chain), method)("/api/v1/consumptions")
    assert told["Content-Type"].startswith("application/json"), "programs are answered by the API"
