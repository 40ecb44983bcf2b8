"""Runs of cards against sets of cards, and what people type."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.stock.domain import Run, Span, common, merged, read_spans, size, without

RUNS = st.lists(
    st.builds(
        lambda range_id, first, length: Run(range_id, first, first + length),
        st.integers(1, 2),
        st.integers(1, 12),
        st.integers(0, 5),
    ),
    max_size=6,
)


def _cards(runs: list[Run]) -> set[tuple[int, int]]:
    return {(run.range_id, place) for run in runs for place in range(run.first, run.last + 1)}


@given(RUNS, RUNS)
def test_runs_are_sets_of_cards(runs: list[Run], others: list[Run]) -> None:
    assert _cards(merged(runs)) == _cards(runs)
    assert _cards(without(runs, others)) == _cards(runs) - _cards(others)
    assert _cards(common(runs, others)) == _cards(runs) & _cards(others)
    assert size(merged(runs)) == len(_cards(runs))


@given(RUNS)
def test_merged_runs_are_few_and_in_order(runs: list[Run]) -> None:
    few = merged(runs)
    assert few == sorted(few)
    assert all(a.range_id != b.range_id or a.last + 1 < b.first for a, b in pairwise(few))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        (" \n\n ", []),
        ("8800 0001", [Span("88000001", "88000001")]),
        ("8800-0001", [Span("88000001", "88000001")]),
        ("８８００", [Span("8800", "8800")]),
        ("gz01", [Span("GZ01", "GZ01")]),
        ("8801至8809", [Span("8801", "8809")]),
        ("8801 到 8809", [Span("8801", "8809")]),
        ("8801~8809", [Span("8801", "8809")]),
        ("8801 - 8809", [Span("8801", "8809")]),
        ("8801,8802；8803\n8804", [Span(n, n) for n in ("8801", "8802", "8803", "8804")]),
        ("8801至", [Span("8801", "8801")]),
    ],
)
def test_what_is_typed_or_scanned(text: str, spans: list[Span]) -> None:
    assert read_spans(text) == spans
