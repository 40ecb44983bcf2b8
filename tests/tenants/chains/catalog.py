"""Everything PostgreSQL knows of a schema, as comparable text in which the schema's own name is ``<schema>``."""

import psycopg

from tests.cleaning import superuser

# name -> query; every column becomes text, OIDs never appear.
_QUESTIONS = {
    "schema": """
        SELECT pg_get_userbyid(nspowner), nspacl::text, obj_description(oid, 'pg_namespace')
        FROM pg_namespace WHERE oid = %(schema)s::regnamespace""",
    "relations": """
        SELECT relname, relkind, relpersistence, relreplident, relrowsecurity, relispartition, reloptions::text,
               pg_get_userbyid(relowner), relacl::text, obj_description(oid, 'pg_class'), reltuples >= -1
        FROM pg_class WHERE relnamespace = %(schema)s::regnamespace""",
    "columns": """
        SELECT c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
               format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
               a.attcollation::regcollation::text, a.attstorage, a.attstattarget, a.attacl::text,
               pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = %(schema)s::regnamespace AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, condeferrable, condeferred, convalidated, conislocal,
               pg_get_constraintdef(oid), confrelid::regclass::text, conindid::regclass::text,
               obj_description(oid, 'pg_constraint')
        FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace""",
    "indexes": """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisunique, indisprimary, indisvalid,
               indnullsnotdistinct, indisreplident, indisclustered
        FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE c.relnamespace = %(schema)s::regnamespace""",
    "triggers": """
        SELECT tgrelid::regclass::text, CASE WHEN tgisinternal THEN 'internal' ELSE tgname END, tgenabled,
               tgfoid::regprocedure::text, CASE WHEN tgisinternal THEN tgtype::text ELSE pg_get_triggerdef(t.oid) END,
               tgdeferrable, tginitdeferred
        FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE c.relnamespace = %(schema)s::regnamespace""",
    "functions": """
        SELECT oid::regprocedure::text, pg_get_functiondef(oid), proacl::text
        FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace""",
    "types": """
        SELECT typname, typtype, typacl::text FROM pg_type WHERE typnamespace = %(schema)s::regnamespace""",
    "sequences": """
        SELECT s.seqrelid::regclass::text, format_type(s.seqtypid, NULL), seqstart, seqincrement, seqmax, seqmin,
               seqcache, seqcycle, d.deptype, d.refobjid::regclass::text, d.refobjsubid
        FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
        LEFT JOIN pg_depend d ON d.objid = s.seqrelid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
             AND d.refclassid = 'pg_class'::regclass
        WHERE c.relnamespace = %(schema)s::regnamespace""",
    "sequence values": """
        SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %(schema)s""",
    "rules and policies": """
        SELECT tablename, rulename, definition FROM pg_rules WHERE schemaname = %(schema)s
        UNION ALL SELECT tablename, policyname, qual FROM pg_policies WHERE schemaname = %(schema)s""",
    "rewrites and statistics": """
        SELECT stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
        WHERE stxnamespace = %(schema)s::regnamespace""",
    "applied migrations": """
        SELECT app, name FROM {schema}.django_migrations""",
    "rows that come with it": """
        SELECT 'content type', app_label, model FROM {schema}.django_content_type
        UNION ALL SELECT 'permission', c.app_label || '.' || c.model, p.codename
        FROM {schema}.auth_permission p JOIN {schema}.django_content_type c ON c.id = p.content_type_id
        UNION ALL SELECT 'act', r.code, a.act FROM {schema}.people_role r JOIN {schema}.people_roleact a
        ON a.role_id = r.id""",
}

# PostgreSQL does not write an expression as it reads it: ``varchar IN ('a', 'b')`` comes back with its casts elsewhere,
# once. Reading back what it wrote makes both sides of a comparison its second writing.
_REREAD = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I, ADD CONSTRAINT %%2$I %%3$s',
                  conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'c' AND connamespace = %(schema)s::regnamespace
    UNION ALL
    SELECT format('DROP INDEX %%s; %%s', indexrelid::regclass, pg_get_indexdef(indexrelid))
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE indpred IS NOT NULL AND c.relnamespace = %(schema)s::regnamespace"""

Catalog = dict[str, list[tuple[str | None, ...]]]


def catalog(schema_name: str) -> Catalog:
    """The schema's catalog, each part sorted."""
    with superuser() as connection:
        # Names in other schemas are written out in full, this one's too.
        connection.execute("SET search_path = pg_catalog")
        return {part: _ask(connection, question, schema_name) for part, question in _QUESTIONS.items()}


def _ask(
    connection: "psycopg.Connection[tuple[object, ...]]", question: str, schema_name: str
) -> list[tuple[str | None, ...]]:
    rows = connection.execute(question.replace("{schema}", schema_name).encode(), {"schema": schema_name}).fetchall()
    neutral = (
        tuple(None if value is None else str(value).replace(schema_name, "<schema>") for value in row) for row in rows
    )
    return sorted(neutral, key=lambda row: tuple(value or "" for value in row))


def reread_expressions(schema_name: str) -> None:
    """Have PostgreSQL read back the checks and the partial indexes that migrations made, as a dump does."""
    with superuser() as connection:
        connection.execute("SET search_path = pg_catalog")
        for (statement,) in connection.execute(_REREAD.encode(), {"schema": schema_name}).fetchall():
            connection.execute(str(statement).encode())
