"""``manage.py migrate``, in place of Django's own, which would migrate one schema with the wrong role."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.migrations.autodetector import MigrationAutodetector

from tenants.chains.migrating import migrate_everything


class Command(BaseCommand):
    """The same as ``kayun migrate``; takes no app and no target."""

    help = "Bring public, template, spares and every chain up to date."
    requires_system_checks: list[str] = []
    # Django checks that this command and makemigrations agree on it.
    autodetector = MigrationAutodetector

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = migrate_everything()
        for schema_name, applied in outcome.applied.items():
            self.stdout.write(f"{schema_name}: {len(applied)} applied")
