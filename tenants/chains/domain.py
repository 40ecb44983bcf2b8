"""Slugs, addresses and the states of a chain: rules without a database."""

import re
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class Plan(models.TextChoices):
    """The three versions a chain subscribes to (R-A01)."""

    A = "A", _("A 版")
    B = "B", _("B 版")
    C = "C", _("C 版")


class ChainState(models.TextChoices):
    """Where a chain stands between sign-up and farewell."""

    REQUESTED = "REQUESTED", _("已申请")
    """The owner asked for it; nothing exists yet."""
    PROVISIONING = "PROVISIONING", _("开通中")
    """A worker has begun; each step can be taken again."""
    ACTIVE = "ACTIVE", _("已开通")
    """Its schema exists and its people can work."""
    FAILED = "FAILED", _("开通失败")
    """Provisioning gave up after its last attempt; nothing of the chain's schema is left."""
    CLOSING = "CLOSING", _("注销中")
    """Its export is being written; no one can log in."""
    CLOSED = "CLOSED", _("已注销")
    """Exported and dropped; the row stays for the books."""


TEMPLATE_SCHEMA: Final = "kayun_template"
SPARE_PREFIX: Final = "kayun_spare_"
CHAIN_PREFIX: Final = "c_"

_RESERVED: Final = """
www api app admin mail smtp imap ftp dev test staging static media assets cdn help docs status console desk platform
accounts public ext kayun root support billing pay portal login signup spare template postgres localhost ns1 ns2
"""
RESERVED_SLUGS: Final = frozenset(_RESERVED.split())

_SLUG = re.compile(r"\A[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,29}\Z")


class InvalidSlug(DomainError):
    """A slug is 2–30 lower-case letters, digits and single inner hyphens, and begins with a letter."""

    code = "invalid_slug"
    status = 400
    message = _("网址名“{slug}”无效：用 2–30 个小写字母、数字或单个连字符，并以字母开头。")


class ReservedSlug(DomainError):
    """The slug is kept for the platform itself."""

    code = "reserved_slug"
    status = 409
    message = _("网址名“{slug}”由平台保留，请换一个。")


def check_slug(slug: str) -> str:
    """Return the slug if a chain may bear it.

    Raises:
        InvalidSlug, ReservedSlug
    """
    if not _SLUG.match(slug):
        raise InvalidSlug(slug=slug)
    if slug in RESERVED_SLUGS:
        raise ReservedSlug(slug=slug)
    return slug


def schema_name_of(slug: str) -> str:
    """The schema of the chain with this slug: ``c_`` and the slug, hyphens as underscores."""
    return CHAIN_PREFIX + slug.replace("-", "_")


def slug_of(host: str, *, base_domain: str) -> str:
    """The slug that a host under the base names; empty for any other host."""
    slug, _, base = host.partition(".")
    return slug if base == base_domain else ""


def host_of(slug: str, *, base_domain: str) -> str:
    """The host at which the chain with this slug answers."""
    return f"{slug}.{base_domain}"
