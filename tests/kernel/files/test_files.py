"""Private files: encrypted, of one chain only, gone when their time is over."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.test import override_settings

from kernel import clock
from kernel.db import in_public
from kernel.files import rotation, services
from kernel.files.models import StoredFile
from kernel.files.sealing import SealBroken, opened, sealed
from kernel.files.services import FileGone, LinkExpired, contents, file_behind, keep, link_token, sweep
from tenants.chains.models import Chain
from tenants.chains.sweeping import sweep_due

InChain = Callable[..., AbstractContextManager[None]]

ID, SCHEMA = uuid4(), "c_yunshan"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A private storage of the test's own."""
    changed = settings.STORAGES | {
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    with override_settings(STORAGES=changed):
        storages._storages.pop("private", None)  # type: ignore[attr-defined]
        yield tmp_path
    storages._storages.pop("private", None)  # type: ignore[attr-defined]


def seal(data: bytes, **changed: Any) -> bytes:
    return b"".join(sealed([data], **({"file_id": ID, "schema": SCHEMA} | changed)))


def unseal(data: bytes, **changed: Any) -> bytes:
    return b"".join(opened(io.BytesIO(data), **({"file_id": ID, "schema": SCHEMA} | changed)))


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 1, 1 << 16, (1 << 16) + 1, 3 << 16])
def test_what_is_sealed_opens_again(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    kept = seal(data)
    assert unseal(kept) == data
    assert size < 256 or data[:64] not in kept


def test_each_file_has_its_own_key() -> None:
    assert seal(b"the same") != seal(b"the same")


@pytest.mark.parametrize("changed", [{"file_id": uuid4()}, {"schema": "c_qinghe"}])
def test_a_file_opens_in_its_own_place_only(changed: dict[str, Any]) -> None:
    with pytest.raises(SealBroken):
        unseal(seal(b"secret"), **changed)


def test_a_file_that_was_cut_reordered_or_changed_does_not_open() -> None:
    chunk = (1 << 16) + 16
    whole = seal(bytes(3 << 16))
    head = len(whole) - 3 * chunk
    first, second = whole[head : head + chunk], whole[head + chunk : head + 2 * chunk]
    for broken in (
        whole[:-chunk],
        whole[:-1],
        whole[:head] + second + first + whole[head + 2 * chunk :],
        whole[:-1] + bytes([whole[-1] ^ 1]),
        b"KYF1",
        b"",
    ):
        with pytest.raises(SealBroken):
            unseal(broken)


def test_a_file_is_kept_encrypted_and_read_again(folder: Path, in_chain: InChain) -> None:
    with in_chain():
        kept = keep([b"name\n", "林静".encode()], filename="../a/b.csv", content_type="text/csv", actor="staff:1")
        assert b"".join(contents(kept)) == b"name\n" + "林静".encode()
    assert (kept.filename, kept.size) == (".. a b.csv", 11)
    (path,) = [found for found in folder.rglob("*") if found.is_file()]
    assert path.parent.name == "c_yunshan"
    assert "林静".encode() not in path.read_bytes()


def test_no_other_chain_reads_it(folder: Path, in_chain: InChain, other_chain: Chain) -> None:
    with in_chain():
        kept = keep([b"secret"], filename="a", content_type="text/csv", actor="staff:1")
        token = link_token(kept, holder="staff:1")
    with in_chain(other_chain):
        with pytest.raises(FileGone):
            services.find(kept.pk)
        with pytest.raises(LinkExpired):
            file_behind(token, holder="staff:1")
        # Even with the row in hand and the bytes moved over.
        theirs = folder / "files" / other_chain.schema_name
        theirs.mkdir(parents=True)
        (folder / "files" / "c_yunshan" / kept.pk.hex).rename(theirs / kept.pk.hex)
        with pytest.raises(SealBroken):
            b"".join(contents(kept))


def test_a_link_is_for_one_person_and_ten_minutes(folder: Path, in_chain: InChain) -> None:
    with in_chain():
        kept = keep([b"x"], filename="a", content_type="text/csv", actor="staff:1")
        token = link_token(kept, holder="staff:1")
        assert file_behind(token, holder="staff:1") == kept
        for holder, given in (("staff:2", token), ("staff:1", token[:-1]), ("staff:1", "")):
            with pytest.raises(LinkExpired):
                file_behind(given, holder=holder)


def test_what_has_expired_is_found_and_deleted(
    folder: Path, in_chain: InChain, chain: Chain, sent_tasks: list[str]
) -> None:
    with in_chain():
        soon = keep([b"x"], filename="a", content_type="t", actor="", expires_at=clock.now() + timedelta(hours=1))
        stays = keep([b"y"], filename="b", content_type="t", actor="")
    assert _swept(sent_tasks) == 0
    with clock.frozen(clock.now() + timedelta(hours=2)):
        with in_chain(), pytest.raises(FileGone):
            contents(soon)
        assert _swept(sent_tasks) == 1
        assert sweep(chain.schema_name) == 1
        assert sweep(chain.schema_name) == 0
    with in_chain():
        assert StoredFile.objects.get(pk=soon.pk).deleted_at is not None
        assert b"".join(contents(stays)) == b"y"
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [stays.pk.hex]


def _swept(sent: list[str]) -> int:
    sent.clear()
    with in_public():
        sweep_due()
    return sent.count("files.sweep")


def test_bytes_of_a_transaction_that_was_undone_are_deleted_later(
    folder: Path, in_chain: InChain, chain: Chain
) -> None:
    with in_chain():
        keep([b"x"], filename="a", content_type="t", actor="")
        transaction.set_rollback(True)
    assert sweep(chain.schema_name) == 0
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert sweep(chain.schema_name) == 1
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.fixture
def two_keys() -> Iterator[None]:
    """What is stored in the block is under the first key; the newest is the second."""
    with override_settings(DATA_KEYS=settings.DATA_KEYS | {max(settings.DATA_KEYS) + 1: "a newer secret, long enough"}):
        yield


def test_files_move_to_the_newest_key_and_stay_what_they_were(
    folder: Path, chain: Chain, in_chain: InChain, request: pytest.FixtureRequest
) -> None:
    with in_chain():
        kept, gone, over = (
            keep([b"a year of records"], filename="a", content_type="x", actor="staff:1") for _ in "123"
        )
        services.delete(gone)
        StoredFile.objects.filter(pk=over.pk).update(expires_at=clock.now() - timedelta(days=1))
    schema = chain.schema_name
    assert (rotation.stale_files(schema), rotation.prove_files(schema)) == (0, 1)
    request.getfixturevalue("two_keys")
    assert rotation.stale_files(schema) == 1
    # A run that was killed left this behind.
    (folder / "files" / schema / f"{kept.pk.hex}.new").write_bytes(b"half of it")
    assert (rotation.rotate_files(schema), rotation.rotate_files(schema), rotation.stale_files(schema)) == (1, 0, 0)
    # The older key may leave the settings now.
    with override_settings(DATA_KEYS={max(settings.DATA_KEYS): settings.DATA_KEYS[max(settings.DATA_KEYS)]}):
        assert rotation.prove_files(schema) == 1
        with in_chain():
            assert b"".join(contents(kept)) == b"a year of records"
    assert not list(folder.rglob("*.new"))


def test_a_file_that_is_not_what_was_kept_is_told(folder: Path, chain: Chain, in_chain: InChain) -> None:
    with in_chain():
        kept = keep([b"a year of records"], filename="a", content_type="x", actor="staff:1")
        StoredFile.objects.filter(pk=kept.pk).update(sha256="0" * 64)
    with pytest.raises(SealBroken):
        rotation.prove_files(chain.schema_name)
    (folder / "files" / chain.schema_name / kept.pk.hex).unlink()
    with pytest.raises(FileGone):
        rotation.prove_files(chain.schema_name)
    assert rotation.stale_files(chain.schema_name) == 0
