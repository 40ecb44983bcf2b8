"""The preset levels, in every chain."""

from typing import Any

from django.db import migrations

from membership.cards import presets


def install_levels(apps: Any, schema_editor: Any) -> None:
    presets.install(apps.get_model("cards", "CardLevel"), using=schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("cards", "0001_initial")]

    operations = [migrations.RunPython(install_levels, migrations.RunPython.noop)]
