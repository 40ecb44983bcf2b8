"""A request is one transaction: what fails leaves nothing behind, whichever way it fails."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from pytest_django import Settings

from kernel.db import in_chain
from tenants.chains import schemas
from tenants.chains.models import Chain
from tenants.people.models import Role
from tests.kernel.http.urls import Broken


@pytest.fixture(autouse=True)
def _views_of_the_tests(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.kernel.http.urls"


@pytest.fixture
def visitor(chain: Chain, client_of: Callable[..., Client]) -> Client:
    return client_of(chain, raise_request_exception=False)


def written(chain: Chain) -> bool:
    with in_chain(chain.schema_name):
        return Role.objects.filter(code="WRITTEN").exists()


def sessions(chain: Chain) -> int:
    with in_chain(chain.schema_name):
        return Session.objects.count()


def test_what_succeeds_is_kept_with_its_session(chain: Chain, visitor: Client) -> None:
    assert visitor.get("/fine/").status_code == 200
    assert written(chain)
    assert sessions(chain) == 1


def test_a_refusal_that_is_returned_keeps_what_was_counted(chain: Chain, visitor: Client) -> None:
    assert visitor.get("/refusal-returned/").status_code == 403
    assert written(chain)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/breaks/", 500),
        ("/refuses/", 409),
        ("/is-missing/", 404),
        ("/is-denied/", 403),
        ("/breaks-in-sql/", 500),
        ("/breaks-at-commit/", 500),
        ("/breaks-in-template/", 500),
        ("/session-gone/", 400),
        ("/rolled-back/", 200),
    ],
)
def test_what_fails_leaves_nothing(chain: Chain, visitor: Client, address: str, status: int) -> None:
    assert visitor.get(address).status_code == status
    assert not written(chain)
    assert sessions(chain) == 0


@pytest.mark.parametrize("view", ["rest", "rest-own-handler"])
@pytest.mark.parametrize("raised", ["refusal", "api", "broken"])
def test_what_fails_in_drf_leaves_nothing(chain: Chain, visitor: Client, view: str, raised: str) -> None:
    assert visitor.post(f"/{view}/?raise={raised}").status_code >= 400
    assert not written(chain)


def test_what_fails_in_the_admin_leaves_nothing(chain: Chain, visitor: Client) -> None:
    answer = visitor.post("/admin/people/role/add/", {"code": "WRITTEN", "name": "written", "preset": ""})
    assert answer.status_code == 500
    assert not written(chain)


def test_a_streamed_body_has_a_transaction_of_its_own(chain: Chain, visitor: Client) -> None:
    assert b"".join(visitor.get("/streams/").streaming_content) == b"firstsecond"
    assert written(chain)


def test_a_streamed_body_that_fails_leaves_nothing(chain: Chain, visitor: Client) -> None:
    body = iter(visitor.get("/streams/?break").streaming_content)
    assert next(body) == b"first"
    assert next(body) == b"second"
    with pytest.raises(Broken):
        next(body)
    assert not written(chain)


def test_a_reader_who_leaves_undoes_the_streamed_body(chain: Chain, visitor: Client) -> None:
    response = visitor.get("/streams/")
    body = iter(response.streaming_content)
    assert [next(body), next(body)] == [b"first", b"second"]
    response.close()
    assert not connection.in_atomic_block
    assert not written(chain)


def test_a_file_is_sent_without_a_transaction(visitor: Client) -> None:
    response = visitor.get("/streams-a-file/")
    assert response.getvalue().startswith(b'"""Views that write')
    response.close()


def test_a_marked_view_keeps_what_its_own_transaction_committed(chain: Chain, visitor: Client) -> None:
    assert visitor.get("/opens-its-own/").status_code == 500
    assert written(chain)


def test_a_marked_view_that_opens_none_is_refused(chain: Chain, visitor: Client) -> None:
    assert visitor.get("/forgets-to-open/").status_code == 500
    assert not written(chain)


def test_a_failure_is_forgotten_by_the_next_request(chain: Chain, visitor: Client) -> None:
    visitor.get("/breaks/")
    visitor.get("/fine/")
    assert written(chain)


def test_the_other_chain_and_public_see_nothing(chain: Chain, other_chain: Chain, visitor: Client) -> None:
    visitor.get("/fine/")
    assert not written(other_chain)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.people_role")
        assert cursor.fetchone() == (0,)


def test_a_schema_dropped_in_mid_session_gives_an_error_and_no_write_to_public(chain: Chain, visitor: Client) -> None:
    assert visitor.get("/fine/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.django_session")
        before = cursor.fetchone()
    schemas.drop(chain.schema_name)
    assert visitor.get("/fine/").status_code == 500
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.people_role")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM public.django_session")
        assert cursor.fetchone() == before
