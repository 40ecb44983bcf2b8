"""Request ids and the context of the work at hand."""

import logging

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from kernel.observability import context

SEEN: list[context.Context] = []


def look(request: HttpRequest) -> HttpResponse:
    """Notes what it is told."""
    SEEN.append(context.current())
    return HttpResponse("ok")


urlpatterns = [path("", look)]


@pytest.fixture
def visitor() -> Client:
    SEEN.clear()
    return Client()


def _get(visitor: Client, given: str | None) -> str:
    middleware = ["kernel.observability.middleware.RequestContextMiddleware"]
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=middleware):
        return str(visitor.get("/", headers={"x-request-id": given} if given else {})["X-Request-ID"])


def test_a_sane_request_id_is_taken_over_and_returned(visitor: Client) -> None:
    assert _get(visitor, "till-7.2026_0001") == "till-7.2026_0001"
    assert SEEN[0].request_id == "till-7.2026_0001"


@pytest.mark.parametrize("given", [None, "short", "x" * 41, "two words 12", 'forged"} {"level', "-leading-dash"])
def test_any_other_request_gets_one_of_its_own(visitor: Client, given: str | None) -> None:
    made = _get(visitor, given)
    assert made != given
    assert len(made) == 32
    assert _get(visitor, given) != made


def test_one_request_leaves_nothing_to_the_next(visitor: Client) -> None:
    with context.work(request_id="outer-work"):
        _get(visitor, "inner-work")
        assert context.current().request_id == "outer-work"
        context.bind(chain="c_one", actor="staff:1")
        with context.work(request_id="next-work"):
            assert context.current() == context.Context(request_id="next-work")
        assert context.current().chain == "c_one"


def test_every_line_carries_the_context(caplog: pytest.LogCaptureFixture) -> None:
    from kernel.observability.logs import add_context

    with context.work(request_id="r-12345678", chain="c_yunshan", actor="staff:12"):
        event = add_context(logging.getLogger(), "info", {"event": "hello"})
    assert event == {"event": "hello", "request_id": "r-12345678", "chain": "c_yunshan", "actor": "staff:12"}
    with context.work(request_id=""):
        assert add_context(logging.getLogger(), "info", {"event": "hello"}) == {"event": "hello"}


def test_celery_leaves_the_workers_logging_alone() -> None:
    from celery.signals import setup_logging

    from kernel.observability import logs

    logs.keep_in_workers()
    assert any(answer is None for _receiver, answer in setup_logging.send(sender=None))
