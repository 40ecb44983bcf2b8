"""Printings and counts are added and read; whoever tries more is refused, by right and by trigger."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER receipt_print_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tills_receiptprint
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER shift_close_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tills_shiftclose
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON tills_receiptprint, tills_shiftclose FROM {_APP};
GRANT SELECT, INSERT ON tills_receiptprint, tills_shiftclose TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("tills", "0001_initial"), ("ledger", "0002_rules")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
