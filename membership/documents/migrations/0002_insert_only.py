"""Steps of documents are added and read; whoever tries more is refused, by right and by trigger."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER document_step_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON documents_documentstep
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER document_kept BEFORE DELETE OR TRUNCATE ON documents_document
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON documents_documentstep, documents_document FROM {_APP};
GRANT SELECT, INSERT ON documents_documentstep TO {_APP};
GRANT SELECT, INSERT, UPDATE ON documents_document TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("documents", "0001_initial"), ("ledger", "0002_rules")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
