"""What the process is told from outside: mode, addresses, secrets.

In local mode secrets are made once and kept under ``.local/``; in production each must be given.
"""

import json
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[2]
LOCAL_DIR = Path(os.environ.get("KAYUN_LOCAL_DIR", ROOT / ".local"))

MODE = os.environ.get("KAYUN_MODE", "local")
"""``local`` (a clone on somebody's machine), ``test`` or ``production``."""

if MODE not in {"local", "test", "production"}:
    raise ImproperlyConfigured(f"KAYUN_MODE is local, test or production, not {MODE!r}")


def flag(name: str, *, default: bool) -> bool:
    """A yes/no variable: 1/0, true/false, yes/no."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.lower() in {"1", "true", "yes", "on"}:
        return True
    if raw.lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is 1 or 0, not {raw!r}")


def secret(name: str) -> str:
    """The secret of that name: from the environment, else (not in production) from ``.local/secrets.json``, made at
    need.

    Raises:
        ImproperlyConfigured: production, and the variable is not set.
    """
    given = os.environ.get(name)
    if given:
        return given
    if MODE == "production":
        raise ImproperlyConfigured(f"{name} must be set in production")
    return _local_secret(name)


def _local_secret(name: str) -> str:
    path = LOCAL_DIR / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
        fresh.chmod(0o600)
        try:
            # A link is made whole or not at all: of several processes that start together, all read the first one's.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        fresh.unlink()
    return path.read_text(encoding="ascii")


_SHORTEST_SECRET = 32


def table(name: str) -> dict[str, str]:
    """A JSON object of texts; empty where it is not set.

    Raises:
        ImproperlyConfigured: not such an object.
    """
    try:
        return {str(key): str(value) for key, value in json.loads(os.environ.get(name) or "{}").items()}
    except (ValueError, AttributeError):
        raise ImproperlyConfigured(f'{name} is a JSON object of texts: {{"pin_code": "SMS_…"}}') from None


def versioned_secrets(name: str, *, local: str) -> dict[int, str]:
    """Secrets by version, from the JSON object in ``name``: the highest version is used for what is new, the others
    still serve what was made with them. Where ``name`` is not set, version 1 is the
    secret ``local``, which production refuses to make up.

    Raises:
        ImproperlyConfigured: not such an object, or in production a secret that is shorter than 32 characters.
    """
    raw = os.environ.get(name)
    if not raw:
        return {1: secret(local)}
    try:
        given = {int(version): str(value) for version, value in json.loads(raw).items()}
    except (ValueError, AttributeError):
        raise ImproperlyConfigured(f'{name} is a JSON object of secrets by version: {{"1": "…"}}') from None
    if not given or min(given) < 1:
        raise ImproperlyConfigured(f"{name} holds no secret, or one of a version below 1")
    if MODE == "production" and any(len(value) < _SHORTEST_SECRET for value in given.values()):
        raise ImproperlyConfigured(f"{name}: each secret has at least {_SHORTEST_SECRET} characters")
    return given
