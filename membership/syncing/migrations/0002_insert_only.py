"""Batches are added to and read, never changed: calls are charged by them. Of an external number only the number itself
changes, when its member is forgotten, or whose it is, when two are merged.
"""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER member_batch_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON syncing_memberbatch
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON syncing_memberbatch FROM {_APP};
GRANT SELECT, INSERT ON syncing_memberbatch TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("syncing", "0001_initial"), ("ledger", "0002_rules")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
