"""A message is text and nothing else."""

import pytest

from membership.talks.domain import tidy_text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  您好 \r\n在吗  ", "您好\n在吗"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("a\x00\x07\u202eb", "ab"),
        ("<b>x</b>", "<b>x</b>"),
        (" \n\t\n ", ""),
    ],
)
def test_what_is_kept(typed: str, kept: str) -> None:
    assert tidy_text(typed) == kept
