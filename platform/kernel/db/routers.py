"""Which app's tables stand in which kind of schema."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections

from kernel.db.names import PUBLIC_SCHEMA


class SchemaRouter:
    """SHARED_APPS are migrated in public, TENANT_APPS in each chain's schema.

    django-tenants' own router allows migrations on one alias only; ours run on ``owner``, and both are the same
    database.
    """

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        """None (no objection) where the app's tables belong in the schema that ``db`` has chosen; else False."""
        in_public = connections[db].schema_name == PUBLIC_SCHEMA  # type: ignore[attr-defined]
        here: list[str] = settings.SHARED_APPS if in_public else settings.TENANT_APPS
        return None if apps.get_app_config(app_label).name in here else False
