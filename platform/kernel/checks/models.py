"""Rules on models: islands, keys, no inheritance."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.db import models

from kernel.checks.findings import Finding

OUR_PACKAGES: Final = ("kernel", "ledger", "tenants", "billing", "membership", "portal", "api")

_WIDE_KEYS: Final = (models.BigAutoField, models.UUIDField, models.ForeignKey)


def is_ours(app_name: str) -> bool:
    """Whether the app is written here. Django's own and other people's keep their own keys."""
    return app_name.partition(".")[0] in OUR_PACKAGES


def placements(app: AppConfig) -> frozenset[str]:
    """The kinds of schema the app has its tables in: ``public``, ``chain``, or both."""
    names = {app.name, f"{type(app).__module__}.{type(app).__qualname__}"}
    return frozenset(
        kind
        for kind, listed in (("public", settings.SHARED_APPS), ("chain", settings.TENANT_APPS))
        if names.intersection(listed)
    )


def model_findings(models_: Iterable[type[models.Model]]) -> Iterator[Finding]:
    """Every broken rule in these models."""
    for model in models_:
        yield from _crossing_keys(model)
        if is_ours(model._meta.app_config.name):
            yield from _narrow_key(model)
            yield from _inheritance(model)


def _crossing_keys(model: type[models.Model]) -> Iterator[Finding]:
    """K101: a key must find its target in every kind of schema the key itself is in."""
    at = placements(apps.get_app_config(model._meta.app_label))
    for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
        target = field.remote_field.model if field.remote_field else None
        if target is None or isinstance(target, str):
            continue
        missing = at - placements(apps.get_app_config(target._meta.app_label))
        if missing:
            yield Finding(
                "K101",
                f"{model._meta.label}.{field.name}",
                f"points at {target._meta.label}, which does not exist in every {' or '.join(sorted(missing))} schema: "
                "carry the value, not the key",
            )


def _narrow_key(model: type[models.Model]) -> Iterator[Finding]:
    """K102: a key of 32 bits runs out, and Citus cannot widen it later; a single row does not mind."""
    key = model._meta.pk
    if not isinstance(key, _WIDE_KEYS) and not _is_single_row(model):
        yield Finding("K102", model._meta.label, f"has a key of {type(key).__name__}: use BigAutoField or UUIDField")


def _is_single_row(model: type[models.Model]) -> bool:
    pinned = [
        constraint.condition.children
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint) and isinstance(constraint.condition, models.Q)
    ]
    return [(model._meta.pk.name, 1)] in pinned


def _inheritance(model: type[models.Model]) -> Iterator[Finding]:
    """K103: a row spread over two tables cannot be locked, copied or moved as one."""
    if model._meta.parents and not model._meta.proxy:
        yield Finding("K103", model._meta.label, "inherits another model's table: use an abstract base or a key")


@checks.register("kayun")
def check_models(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """The rules on models as a Django system check."""
    chosen = apps.get_app_configs() if app_configs is None else app_configs
    found = model_findings(model for app in chosen for model in app.get_models(include_auto_created=True))
    return [checks.Error(finding.what, obj=finding.where, id=f"kayun.{finding.code}") for finding in found]
