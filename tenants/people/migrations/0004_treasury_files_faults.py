"""The treasury files fault forms itself: a top-up is taken back in no other way any more (R-I05, R-I06)."""

from typing import Any

from django.conf import settings
from django.db import migrations

TREASURY, FAULT_REPORT = "TREASURY", "fault.report"


def let_treasury_file(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
        return
    alias = schema_editor.connection.alias
    role_act = apps.get_model("people", "RoleAct")
    for role in apps.get_model("people", "Role").objects.using(alias).filter(code=TREASURY, preset=True):
        role_act.objects.using(alias).get_or_create(role=role, act=FAULT_REPORT)


class Migration(migrations.Migration):
    dependencies = [("people", "0003_acts_of_the_card_core")]

    operations = [migrations.RunPython(let_treasury_file, migrations.RunPython.noop)]
