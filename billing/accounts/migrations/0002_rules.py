"""What Django has no words for: who asked is who asked, decisions are final, arrears never turn into credit."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
-- A decision's requester is the adjustment's.
ALTER TABLE accounts_adjustmentdecision ADD CONSTRAINT adjustment_decision_requester_fk
    FOREIGN KEY (adjustment_id, requested_by_id) REFERENCES accounts_adjustment (id, requested_by_id);

CREATE TRIGGER adjustment_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER adjustment_decision_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_adjustmentdecision
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();

-- Of the public ledger alone: members owe nothing of this kind.
CREATE TRIGGER chain_arrears_never_credit BEFORE INSERT OR UPDATE OF balance ON ledger_account FOR EACH ROW
    WHEN (NEW.kind = 'CHAIN_ARREARS' AND NEW.balance > 0) EXECUTE FUNCTION ext.refuse_change();

REVOKE ALL ON accounts_adjustment, accounts_adjustmentdecision FROM {_APP};
GRANT SELECT, INSERT ON accounts_adjustment, accounts_adjustmentdecision TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change() and the accounts.
    dependencies = [("accounts", "0001_initial"), ("ledger", "0005_days")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
