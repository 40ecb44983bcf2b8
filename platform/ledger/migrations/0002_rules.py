"""What Django has no words for: keys over several columns, triggers, rights.

Runs in any schema with a search path of that schema and ``ext``; table names are bare so that the schema can be dumped,
renamed and replayed. The trigger functions are shared by every schema, name no table and read no setting. Schemas on
different releases stand side by side while a migration runs, so a function here is never changed in its meaning: a new
meaning is a new name.
"""

from django.conf import settings
from django.db import migrations

FUNCTIONS = """
-- CREATE OR REPLACE by two migrations at once would fail on the catalog row.
SELECT pg_advisory_xact_lock(hashtext('ext'));

CREATE OR REPLACE FUNCTION ext.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused (%)', TG_OP, TG_TABLE_NAME, TG_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
END $$;

-- The lines are distinct and lie in 1..line_count by the table's own constraints, so counting them is enough. The first
-- question is cheap and answers nearly always; only a posting in two units needs the second.
CREATE OR REPLACE FUNCTION ext.ledger_entries_complete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    PERFORM FROM added GROUP BY posting_id
    HAVING count(*) <> max(line_count) OR min(line_count) <> max(line_count)
        OR sum(amount) <> 0 OR min(unit) <> max(unit)
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT posting_id, bool_or(total <> 0) AS unbalanced INTO bad
    FROM (
        SELECT posting_id, unit, sum(amount) AS total,
            count(*) AS lines, min(line_count) AS low, max(line_count) AS high
        FROM added GROUP BY posting_id, unit
    ) AS units
    GROUP BY posting_id
    HAVING bool_or(total <> 0) OR sum(lines) <> min(low) OR sum(lines) <> max(high)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of posting % are not %', bad.posting_id,
                CASE WHEN bad.unbalanced THEN 'balanced' ELSE 'complete' END
            USING ERRCODE = 'check_violation',
                CONSTRAINT = CASE WHEN bad.unbalanced THEN 'ledger_entry_balanced' ELSE 'ledger_entry_complete' END,
                TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$;
"""

KEYS = """
-- A posting has entries: line 1 at least.
ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_entries_fk
    FOREIGN KEY (id, first_line) REFERENCES ledger_entry (posting_id, line_no) DEFERRABLE INITIALLY DEFERRED;

-- An entry is in its account's unit, and begins where the entry before it ended.
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_account_fk
    FOREIGN KEY (account_id, unit) REFERENCES ledger_account (id, unit);
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_chain_fk
    FOREIGN KEY (account_id, prev_version, balance_before)
    REFERENCES ledger_entry (account_id, version, balance_after);

-- An account holds what one of its entries left.
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_head_fk
    FOREIGN KEY (id, head_version, balance) REFERENCES ledger_entry (account_id, version, balance_after)
    DEFERRABLE INITIALLY DEFERRED;

-- The same for lots and their draws; a draw belongs to an entry, a lot opens with its original amount.
ALTER TABLE ledger_draw ADD CONSTRAINT ledger_draw_entry_fk
    FOREIGN KEY (posting_id, line_no) REFERENCES ledger_entry (posting_id, line_no);
ALTER TABLE ledger_draw ADD CONSTRAINT ledger_draw_chain_fk
    FOREIGN KEY (lot_id, prev_version, remaining_before) REFERENCES ledger_draw (lot_id, version, remaining_after);
ALTER TABLE ledger_lot ADD CONSTRAINT ledger_lot_head_fk
    FOREIGN KEY (id, version, remaining) REFERENCES ledger_draw (lot_id, version, remaining_after)
    DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ledger_lot ADD CONSTRAINT ledger_lot_first_fk
    FOREIGN KEY (id, first_version, original) REFERENCES ledger_draw (lot_id, version, remaining_after)
    DEFERRABLE INITIALLY DEFERRED;
"""

TRIGGERS = """
CREATE TRIGGER ledger_entry_complete AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ext.ledger_entries_complete();

CREATE TRIGGER ledger_posting_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER ledger_entry_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER ledger_draw_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_draw
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER ledger_account_kept BEFORE DELETE OR TRUNCATE ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER ledger_lot_kept BEFORE DELETE OR TRUNCATE ON ledger_lot
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();

-- What a head was made with stays; these cost nothing to a statement that does not name the columns.
CREATE TRIGGER ledger_account_unit_known BEFORE INSERT ON ledger_account FOR EACH ROW
    WHEN (NEW.unit NOT IN ('CNY', 'PTS', 'CNT', 'MIN')) EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER ledger_account_fixed BEFORE UPDATE OF id, kind, holder_id, unit, lotted, allow_negative ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER ledger_lot_fixed BEFORE UPDATE OF id, account_id, kind, posting_id, original, opened_at ON ledger_lot
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();

-- Never back to an older entry or draw.
CREATE TRIGGER ledger_account_forward BEFORE UPDATE ON ledger_account FOR EACH ROW
    WHEN (NEW.version < OLD.version) EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER ledger_lot_forward BEFORE UPDATE ON ledger_lot FOR EACH ROW
    WHEN (NEW.version < OLD.version) EXECUTE FUNCTION ext.refuse_change();
"""

# Room on each page for the next version of the row: a posting's updates then touch no index.
STORAGE = """
ALTER TABLE ledger_account SET (fillfactor = 70);
ALTER TABLE ledger_lot SET (fillfactor = 80);
"""

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
# Whatever default privileges gave is taken first: the application reads and adds, and moves only the heads.
RIGHTS = f"""
REVOKE ALL ON ledger_posting, ledger_entry, ledger_draw, ledger_account, ledger_lot FROM {_APP};
GRANT SELECT, INSERT ON ledger_posting, ledger_entry, ledger_draw TO {_APP};
GRANT SELECT, INSERT, UPDATE ON ledger_account, ledger_lot TO {_APP};
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    # Going back only ever means dropping the tables (0001), which take all of this with them; the functions are shared.
    operations = [
        migrations.RunSQL(sql, reverse_sql=migrations.RunSQL.noop)
        for sql in (FUNCTIONS, KEYS, TRIGGERS, STORAGE, RIGHTS)
    ]
