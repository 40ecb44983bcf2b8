"""The report of the benchmarks keeps what was not measured again."""

from bench.report import kept_lines, merged

_EARLIER = """# Benchmarks

| path | measured against | ours | peer | ratio | goal | when |
|---|---|---:|---:|---:|---:|---|
| posting | pgbench | 1 | 2 | 0.5 | ≥ 0.3 | then |
| posting | a twin | 4 | 1 | 4 | ≥ 4 | then |
| clearing | DELETE | 1 | 1 | 1 | ≤ 1.2 | then |

- clearing: a note
"""


def test_a_row_measured_anew_takes_its_old_place() -> None:
    now = {"posting | a twin": "| posting | a twin | 5 |", "login | none": "| login | none | 1 |"}
    lines = merged(kept_lines(_EARLIER, "| "), now)
    assert lines == [
        "| posting | pgbench | 1 | 2 | 0.5 | ≥ 0.3 | then |",
        "| posting | a twin | 5 |",
        "| clearing | DELETE | 1 | 1 | 1 | ≤ 1.2 | then |",
        "| login | none | 1 |",
    ]


def test_notes_are_kept_by_what_they_are_about() -> None:
    assert kept_lines(_EARLIER, "- ") == {"clearing": "- clearing: a note"}
