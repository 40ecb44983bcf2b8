"""Each rule on SQL text with a bad example and a good one."""

import pytest

from kernel.checks.sql import sql_findings

TRIGGER = """
CREATE FUNCTION ext.check_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {body};
    RETURN NULL;
END $$;
"""

BAD = [
    ("K201", "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS $$ SELECT 1 $$"),
    ("K201", 'CREATE OR REPLACE FUNCTION "kayun_template".total() RETURNS bigint LANGUAGE sql AS $$ SELECT 1 $$'),
    ("K202", "DO $$ BEGIN CREATE TABLE late (id bigint); END $$"),
    (
        "K202",
        "CREATE FUNCTION ext.make() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN create unlogged table x(); END $f$",
    ),
    ("K203", "CREATE TABLE gold_card (level text) INHERITS (cards_card)"),
    ("K203", "ALTER TABLE gold_card INHERIT cards_card"),
    ("K204", TRIGGER.format(body="PERFORM 1 FROM ledger_entry")),
    ("K204", TRIGGER.format(body="UPDATE public.ledger_entry SET amount = 0")),
    ("K205", "UPDATE t SET token = gen_random_uuid() WHERE id = 1"),
    ("K205", "DELETE FROM t WHERE random() < 0.5"),
    ("K205", "WITH due AS (SELECT 1) UPDATE t SET at = clock_timestamp()"),
    ("K206", "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE"),
    ("K206", TRIGGER.format(body="MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE")),
    ("K207", TRIGGER.format(body="IF current_setting('kayun.x') = '1' THEN RETURN NULL; END IF")),
    ("K207", TRIGGER.format(body="PERFORM current_schema()")),
]

GOOD = [
    "CREATE OR REPLACE FUNCTION ext.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
    TRIGGER.format(body="PERFORM 1 FROM added GROUP BY unit HAVING sum(amount) <> 0"),
    TRIGGER.format(body="-- ledger_entry isn't named by code, only here\n    PERFORM 1 FROM added"),
    "CREATE TABLE gold_card (id bigint PRIMARY KEY)",
    "UPDATE t SET token = %s, at = %s WHERE id = 1",
    "INSERT INTO t (id) VALUES (gen_random_uuid())",
    "SELECT random(); UPDATE t SET a = 1",
    "UPDATE t SET note = 'random() is only a word here' -- and here: random()",
    "COMMENT ON TABLE t IS 'MERGE INTO is refused'",
    "DO $$ BEGIN PERFORM 1; END $$",
]


@pytest.mark.parametrize(("code", "sql"), BAD)
def test_a_bad_example_is_found(code: str, sql: str) -> None:
    assert [finding.code for finding in sql_findings(sql, where="here", tables={"ledger_entry"})] == [code]


@pytest.mark.parametrize("sql", GOOD)
def test_a_good_example_passes(sql: str) -> None:
    assert list(sql_findings(sql, where="here", tables={"ledger_entry"})) == []
