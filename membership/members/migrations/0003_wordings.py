"""The preset consent wordings, in every chain."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

from membership.members import presets

_RELEASED = datetime(2026, 11, 22, tzinfo=UTC)


def install_wordings(apps: Any, schema_editor: Any) -> None:
    presets.install(
        apps.get_model("members", "ConsentWording"), using=schema_editor.connection.alias, published_at=_RELEASED
    )


class Migration(migrations.Migration):
    dependencies = [("members", "0002_people_in_full")]

    operations = [migrations.RunPython(install_wordings, migrations.RunPython.noop)]
