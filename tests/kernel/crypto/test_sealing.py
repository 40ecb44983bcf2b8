"""Encrypted texts belong to one chain and one purpose, survive new keys, and no change of them goes unnoticed."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import Undecryptable, blind_index, blind_indexes, decrypt, derived_key, encrypt
from kernel.crypto.indexing import INDEX_LENGTH
from kernel.crypto.sealing import SEALED_FORM

NUMBER = "11010519491231002X"
HERE = {"purpose": "test.number", "schema": "c_here"}


@given(st.text())
def test_what_was_encrypted_is_read_again(plain: str) -> None:
    sealed = encrypt(plain, **HERE)
    assert decrypt(sealed, **HERE) == plain
    assert re.match(SEALED_FORM, sealed)


def test_the_same_text_is_never_encrypted_the_same_way() -> None:
    first, second = encrypt(NUMBER, **HERE), encrypt(NUMBER, **HERE)
    assert first != second
    assert NUMBER not in first


@pytest.mark.parametrize("other", [{"schema": "c_there"}, {"purpose": "test.passport"}])
def test_a_text_copied_to_another_chain_or_purpose_does_not_decrypt(other: dict[str, str]) -> None:
    sealed = encrypt(NUMBER, **HERE)
    with pytest.raises(Undecryptable):
        decrypt(sealed, **(HERE | other))


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=7))
def test_a_changed_bit_is_noticed(place: int, bit: int) -> None:
    head, _, body = encrypt(NUMBER, **HERE).partition(":")
    raw = bytearray(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises(Undecryptable):
        decrypt(f"{head}:{urlsafe_b64encode(raw).decode().rstrip('=')}", **HERE)


@pytest.mark.parametrize("text", ["", NUMBER, "v1:", "v9:" + "A" * 60, "vx:" + "A" * 60, "v1:AAAA", "v1:汉字"])
def test_what_is_no_encrypted_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Undecryptable) as caught:
        decrypt(text, **HERE)
    assert NUMBER not in str(caught.value)
    assert caught.value.__cause__ is None


def test_new_texts_take_the_newest_key_and_old_ones_stay_readable(settings: Any) -> None:
    before = encrypt(NUMBER, **HERE)
    settings.DATA_KEYS = settings.DATA_KEYS | {2: "a newer key of more than thirty-two characters"}
    after = encrypt(NUMBER, **HERE)
    assert (before[:3], after[:3]) == ("v1:", "v2:")
    assert decrypt(before, **HERE) == decrypt(after, **HERE) == NUMBER
    settings.DATA_KEYS = {2: settings.DATA_KEYS[2]}
    with pytest.raises(Undecryptable):
        decrypt(before, **HERE)


def test_a_text_moved_to_another_version_does_not_decrypt(settings: Any) -> None:
    """The same secret under two numbers: the version itself is bound to the text."""
    settings.DATA_KEYS = {1: "one and the same key", 2: "one and the same key"}
    sealed = encrypt(NUMBER, **HERE)
    with pytest.raises(Undecryptable):
        decrypt(sealed.replace("v2:", "v1:"), **HERE)


def test_an_index_finds_the_same_value_in_one_chain_and_purpose_only() -> None:
    index = blind_index(NUMBER, **HERE)
    assert index == blind_index(NUMBER, **HERE)
    assert len(index) <= INDEX_LENGTH
    others = [
        blind_index(NUMBER, purpose="test.number", schema="c_there"),
        blind_index(NUMBER, purpose="test.passport", schema="c_here"),
        blind_index(NUMBER[:-1], **HERE),
    ]
    assert len({index, *others}) == 4


def test_a_value_is_looked_for_under_every_key_while_keys_rotate(settings: Any) -> None:
    before = blind_index(NUMBER, **HERE)
    settings.INDEX_KEYS = settings.INDEX_KEYS | {2: "a newer index key"}
    assert blind_indexes(NUMBER, **HERE) == [blind_index(NUMBER, **HERE), before]


def test_keys_of_different_uses_differ(settings: Any) -> None:
    settings.INDEX_KEYS = settings.DATA_KEYS = {1: "one secret for both"}
    keys = {
        derived_key("a", version=1, schema="c_b"),
        derived_key("b", version=1, schema="c_a"),
        derived_key("a", version=1, schema="c_a"),
    }
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
