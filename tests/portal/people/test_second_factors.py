"""Second factors: a recovery code stands in for the phone, once; and their pages speak one language at a time."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from tenants.chains.models import Chain
from tenants.people.models import User
from tests.portal.people.conftest import PASSWORD

ClientOf = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

_SHOWN = re.compile(r"<(script|style|svg|head|textarea)\b.*?</\1>|<[^>]+>", re.DOTALL)
_LATIN = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture
def codes(chain: Chain, in_chain: InChain) -> list[str]:
    """Lin, who works at the desk, has set up a code generator; her recovery codes."""
    with in_chain():
        lin = User.objects.create(username="lin", name="林晓")
        lin.set_password(PASSWORD)
        lin.save()
        TOTP.activate(lin, "JBSWY3DPEHPK3PXP")
        unused: list[str] = RecoveryCodes.activate(lin).get_unused_codes()
        return unused


def _second_step(browser: Client) -> str:
    return browser.post("/desk/login/", {"login": "lin", "password": PASSWORD})["Location"]


def test_a_recovery_code_stands_in_for_the_phone_once(chain: Chain, client_of: ClientOf, codes: list[str]) -> None:
    for browser, inside in ((client_of(chain), 200), (client_of(chain), 302)):
        step = _second_step(browser)
        assert "验证码或恢复代码" in browser.get(step).content.decode()
        browser.post(step, {"code": codes[0]})
        assert browser.get("/desk/").status_code == inside


PAGES = ["", "recovery-codes/", "webauthn/add/", "totp/deactivate/", "recovery-codes/generate/", "webauthn/"]


def test_their_pages_are_chinese_throughout(
    chain: Chain, client_of: ClientOf, codes: list[str], in_chain: InChain
) -> None:
    browser = client_of(chain)
    browser.post(_second_step(browser), {"code": codes[0]})
    browser.post("/desk/accounts/reauthenticate/", {"password": PASSWORD})
    for address in PAGES:
        if address == "webauthn/":
            # As a browser's own would be, as far as the list looks: the other pages would read the rest.
            key = {"name": "办公室电脑", "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
            with in_chain():
                lin = User.objects.get(username="lin")
                Authenticator.objects.create(user=lin, type=Authenticator.Type.WEBAUTHN, data=key)
        answer = browser.get(f"/desk/accounts/2fa/{address}")
        assert answer.status_code == 200, address
        shown = _SHOWN.sub(" ", answer.content.decode())
        assert set(_LATIN.findall(shown)) <= {"English", "lin", "JavaScript"}, address
    assert "办公室电脑" in shown
    assert "尚未使用" in shown
