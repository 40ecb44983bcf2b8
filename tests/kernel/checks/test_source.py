"""SQL inside Python source is held to the same rules."""

from pathlib import Path

from kernel.checks.source import source_findings

BAD = '''
MERGING = """
MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE
"""

def spread(schema):
    return f"UPDATE {schema}.cards SET token = gen_random_uuid()"

def shuffle(cards):
    return cards.update(token=RandomUUID())
'''

GOOD = '''
"""Merge into the family: a docstring is no SQL."""

def spread(schema):
    return f"UPDATE {schema}.cards SET token = %s"

def shuffle(cards, token):
    cards.update(token=token)
    return cards.create(token=RandomUUID())
'''


def _codes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "sample.py"
    path.write_text(text, encoding="utf-8")
    return [str(finding) for finding in sorted(source_findings([path], root=tmp_path))]


def test_bad_sql_in_source_is_found_with_its_line(tmp_path: Path) -> None:
    assert _codes(tmp_path, BAD) == [
        "sample.py:10: K205 RandomUUID() in an update: pass the value as a parameter",
        "sample.py:7: K205 gen_random_uuid(…) in UPDATE or DELETE: pass the value as a parameter",
        "sample.py:2: K206 MERGE: write INSERT … ON CONFLICT or UPDATE, which Citus can distribute",
    ]


def test_good_sql_in_source_passes(tmp_path: Path) -> None:
    assert _codes(tmp_path, GOOD) == []
