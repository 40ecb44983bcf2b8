"""Names of those who acted, as people read them."""

import pytest
from django.utils import translation

from portal.actors import shown_name


@pytest.mark.parametrize(
    ("language", "actor", "name", "shown"),
    [
        ("zh-hans", "system", "system", "系统"),
        ("en", "system", "system", "System"),
        ("zh-hans", "staff:7", "system", "system"),
        ("zh-hans", "staff:7", "王芳", "王芳"),
        ("zh-hans", "member:7", "", "会员本人"),
    ],
)
def test_the_program_has_a_name_in_each_language(language: str, actor: str, name: str, shown: str) -> None:
    with translation.override(language):
        assert shown_name(actor, name) == shown
