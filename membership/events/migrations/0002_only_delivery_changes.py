"""An event is written once; all that changes is whether it was delivered."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
REVOKE ALL ON events_event FROM {_APP};
GRANT SELECT, INSERT, UPDATE (delivered_at) ON events_event TO {_APP};
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
