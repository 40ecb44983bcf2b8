"""A chain on plan B that takes applications, and applicants."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kernel.db import in_chain
from kernel.errors import DomainError
from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.applications.domain import Handing
from membership.applications.models import Application
from membership.applications.services import Wish, apply, submit
from membership.cards.models import CardLevel, CardType
from membership.members.domain import DocumentKind
from tenants.chains.models import Chain

SITE = "http://yunshan.localhost/"
PHONE = "13700003333"
ID_NUMBER = "11010519491231002X"


@pytest.fixture
def chain(make_chain: Callable[..., Chain]) -> Chain:
    """云杉 on plan B, which offers its ordinary gold card on the web."""
    made = make_chain("yunshan", plan="B")
    with in_chain(made.schema_name):
        CardType.objects.filter(pk=1).update(offered_online=True)
        CardLevel.objects.filter(code="GOLD").update(offered_online=True)
    return made


@pytest.fixture
def wish(store_id: int) -> Callable[..., Wish]:
    """What 江雪 fills in, but for what is named: ``wish(name="")``."""

    def make(**changed: Any) -> Wish:
        told: dict[str, Any] = {
            "type_code": "ORDINARY",
            "level_code": "GOLD",
            "name": "江雪",
            "phone": PHONE,
            "document_kind": DocumentKind.ID_CARD,
            "id_number": ID_NUMBER,
            "handing": Handing.PICK_UP,
            "store_id": store_id,
            "terms_version": 1,
        }
        return Wish(**(told | changed))

    return make


@contextmanager
def refused(code: str) -> Iterator["pytest.ExceptionInfo[DomainError]"]:
    """What is done in it is refused, with this code."""
    with pytest.raises(DomainError) as refusal:
        yield refusal
    assert refusal.value.code == code


def code_in(text: str) -> str:
    """The code that a message tells."""
    return text.split("，")[0].split()[1]


def last_text() -> str:
    """What the latest message said."""
    message = OutgoingText.objects.order_by("-pk")[0]
    return read(message)["text"]


@pytest.fixture
def submitted(chain: Chain, wish: Callable[..., Wish]) -> Callable[..., Application]:
    """``submitted(name="江雪")``: somebody applied and typed the code that she got."""

    def make(**changed: Any) -> Application:
        with in_chain(chain.schema_name):
            draft = apply(chain=chain, wish=wish(**changed))
            code = code_in(last_text())
            application = submit(application_id=draft.pk, code=code, site_url=SITE)
            assert application is not None
            return application

    return make
