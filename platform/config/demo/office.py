"""Somebody of the platform's own, for the demo, with a second factor as everybody has who moves money there.

Never in production: the demo's password is printed in the sources.
"""

import time
from pathlib import Path
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.conf import settings

from config import environment
from config.demo import people
from kernel.db import in_public
from tenants.people.models import User
from tenants.people.services import create_platform_user

PERIOD_S: Final = 30
"""How long a code lasts, as authenticators count (RFC 6238)."""


class NoDemoHere(RuntimeError):
    """This is no machine to try things on."""


def employ() -> None:
    """Her account and her second factor, whose secret is kept beside the local ones; where either is missing.

    Raises:
        NoDemoHere
    """
    _require_local()
    with in_public():
        clerk = User.objects.filter(email=people.PLATFORM_EMAIL).first() or create_platform_user(
            email=people.PLATFORM_EMAIL, name=people.PLATFORM_NAME, password=people.PASSWORD
        )
        factors = Authenticator.objects.filter(user=clerk, type=Authenticator.Type.TOTP)
        if factors.exists() and secret_file().exists():
            return
        # A secret that is lost here opens nothing any more: a new one is made.
        factors.delete()
        secret = auth.generate_totp_secret()
        auth.TOTP.activate(clerk, secret)
    place = secret_file()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.touch(mode=0o600)
    place.write_text(secret, encoding="ascii")


def code_now() -> str:
    """The code that she is asked for now; each opens the door once.

    Raises:
        NoDemoHere: also where no demo was loaded.
    """
    _require_local()
    if not secret_file().exists():
        raise NoDemoHere("no demo was loaded here: `kayun demo` does it")
    secret = secret_file().read_text(encoding="ascii")
    return str(auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // PERIOD_S)))


def secret_file() -> Path:
    """Where the secret of her second factor is kept."""
    return environment.LOCAL_DIR / "secrets" / "demo-second-factor"


def _require_local() -> None:
    if settings.MODE == "production":
        raise NoDemoHere("the demo has no platform staff in production")
