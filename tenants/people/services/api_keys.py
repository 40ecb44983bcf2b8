"""Keys of the chain's own software: ``kyn_<prefix>_<secret>``, the secret shown once."""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from tenants.audit.services import record
from tenants.people.domain import API_ACTS, Act, Actor, require
from tenants.people.models import ApiKey

_SCHEME: Final = "kyn"
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_PREFIX_LENGTH: Final = 10
_SECRET_BYTES: Final = 32
# What a key that does not exist is compared with, so that it takes as long to refuse.
_NOTHING: Final = bytes(32)


KeyRow = tuple[int, str, "bytes | memoryview[int]", list[str], int | None]
"""A key as ``queries.API_KEY_COLUMNS`` reads it."""


class InvalidApiKey(DomainError):
    """No key, a malformed one, an unknown or a revoked one: the answer is the same."""

    code = "invalid_api_key"
    status = 401
    message = _("接口密钥无效或已吊销。")


class ApiKeyNotFound(DomainError):
    """No key has that prefix."""

    code = "api_key_not_found"
    status = 404
    message = _("找不到前缀为“{prefix}”的接口密钥。")


class ActNotForKeys(DomainError):
    """Keys are given only what the API offers; the rest is for people."""

    code = "act_not_for_keys"
    status = 400
    message = _("接口密钥不能拥有权限：{acts}")


class ApiKeyAlreadyMade(DomainError):
    """The same form made a key before, or just now in another window."""

    code = "api_key_already_made"
    status = 409
    message = _("这个表单已经生成过密钥，没有再次生成。密钥只显示一次；没有记下的请吊销后另建。")


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made. ``raw`` is nowhere kept and cannot be shown again."""

    key: ApiKey
    raw: str


def create_api_key(
    *, actor: Actor, name: str, acts: Collection[str], store_id: int | None, request_key: str | None = None
) -> NewApiKey:
    """A key that may do these acts in one store, or with no store named in all of them.

    ``request_key`` is an unguessable text of the asking form: asked twice with it, even at the same moment, one key is
    made. The key's prefix is drawn from it, and prefixes are unique.

    Raises:
        NotAllowed, ActNotForKeys
        ApiKeyAlreadyMade: under this ``request_key``; it cannot be shown again.
    """
    require(actor, Act.APIKEY_MANAGE, store_id=store_id)
    foreign = sorted(set(acts) - {act.value for act in API_ACTS})
    if foreign or not acts:
        raise ActNotForKeys(acts=", ".join(foreign) or "-")
    prefix = _prefix(f"{actor}|{request_key}" if request_key else secrets.token_hex())
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key, made = ApiKey.objects.get_or_create(
        prefix=prefix,
        defaults={
            "secret_sha256": _digest(secret),
            "name": name.strip(),
            "acts": sorted(set(acts)),
            "store_id": store_id,
            "created_at": clock.now(),
            "created_by_id": actor.id if actor.kind == "staff" else None,
        },
    )
    if not made:
        raise ApiKeyAlreadyMade
    detail = {"name": key.name, "acts": key.acts}
    record(actor, "apikey.create", object_type="apikey", object_id=prefix, store_id=store_id, detail=detail)
    return NewApiKey(key=key, raw=f"{_SCHEME}_{prefix}_{secret}")


def revoke_api_key(*, actor: Actor, prefix: str) -> ApiKey:
    """End a key, at once and for good. Repeating it changes nothing.

    Raises:
        NotAllowed, ApiKeyNotFound
    """
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        raise ApiKeyNotFound(prefix=prefix)
    require(actor, Act.APIKEY_MANAGE, store_id=key.store_id)
    if ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=clock.now()):
        record(actor, "apikey.revoke", object_type="apikey", object_id=prefix, store_id=key.store_id)
    key.refresh_from_db()
    return key


def parse_api_key(raw: str) -> tuple[str, str]:
    """Prefix and secret of a key as its holder sends it.

    Raises:
        InvalidApiKey
    """
    scheme, _, rest = raw.partition("_")
    prefix, _, secret = rest.partition("_")
    if scheme != _SCHEME or len(prefix) != _PREFIX_LENGTH or not secret or not raw.isascii():
        raise InvalidApiKey
    return prefix, secret


def verify_api_key(row: KeyRow | None, *, secret: str) -> Actor:
    """The actor a key stands for, from the row of ``queries.API_KEY_COLUMNS`` its prefix led to.

    The comparison takes the same time whether the key exists or not.

    Raises:
        InvalidApiKey
    """
    kept = bytes(row[2]) if row else _NOTHING
    if not hmac.compare_digest(_digest(secret), kept) or row is None:
        raise InvalidApiKey
    key_id, name, _, acts, store_id = row
    return Actor.with_cells(kind="api", pk=key_id, name=name, cells=((act, store_id) for act in acts))


def authenticate_api_key(raw: str) -> Actor:
    """The actor a key stands for, read through the ORM in the chain at hand.

    Raises:
        InvalidApiKey
    """
    prefix, secret = parse_api_key(raw)
    row = (
        ApiKey.objects.filter(prefix=prefix, revoked_at__isnull=True)
        .values_list("id", "name", "secret_sha256", "acts", "store_id")
        .first()
    )
    return verify_api_key(row, secret=secret)


def _prefix(seed: str) -> str:
    """Ten characters that people can tell apart, the same for the same seed."""
    number, characters = int.from_bytes(sha256(seed.encode()).digest()), []
    for _place in range(_PREFIX_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[index])
    return "".join(characters)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
