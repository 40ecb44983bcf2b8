"""The platform's staff at their pages."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from kernel.db import in_public
from tenants.people.domain import UserKind
from tenants.people.models import User

Clerk = Callable[..., Client]


@pytest.fixture
def clerk(client_of: Callable[..., Client], database: None) -> Clerk:
    """``clerk("li")``: the browser of one of the staff, who has a second factor."""

    def make(name: str, *, second_factor: bool = True) -> Client:
        browser = client_of(None)
        with in_public():
            user = User.objects.create(username=name, email=f"{name}@kayun.cn", name=name, kind=UserKind.PLATFORM)
            if second_factor:
                Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
            browser.force_login(user)
        return browser

    return make
