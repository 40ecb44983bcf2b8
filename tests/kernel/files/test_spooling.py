"""Temporary files hold nothing readable, and give back what was written to them wherever it is asked for."""

import os
from io import BytesIO

import pytest
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from kernel.files import spooling

WRITES = st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=80)), max_size=6)


@given(writes=WRITES, reads=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 90)), max_size=6))
def test_reads_what_a_plain_file_would(writes: list[tuple[int, bytes]], reads: list[tuple[int, int]]) -> None:
    plain = BytesIO()
    with spooling.spool() as spool:
        for place, data in writes:
            # Nobody leaves a gap: both end where the last byte is.
            for file in (plain, spool):
                file.seek(min(place, len(plain.getvalue())))
            plain.write(data)
            spool.write(data)
        for place, size in reads:
            plain.seek(place)
            spool.seek(place)
            assert spool.read(size) == plain.read(size)


def test_nothing_of_it_is_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real = spooling.tempfile.TemporaryFile
    monkeypatch.setattr(
        spooling.tempfile, "TemporaryFile", lambda **kept: opened.append((f := real(**kept)).fileno()) or f
    )
    with spooling.spool() as spool:
        spool.write(b"11010519491231002X" * 1000)
        spool.flush()
        assert b"1101" not in os.pread(opened[0], 1 << 20, 0)
        spool.seek(0)
        assert spool.read(18) == b"11010519491231002X"


def test_an_upload_is_kept_so(rf: RequestFactory) -> None:
    request = rf.post("/", {"file": UploadedFile(BytesIO(b"a" * 5_000_000), name="a.csv"), "kind": "CARDS"})
    taken = request.FILES["file"]
    assert isinstance(request.POST, QueryDict)
    assert (taken.name, taken.size, len(b"".join(taken.chunks()))) == ("a.csv", 5_000_000, 5_000_000)
    assert taken.file.raw.__class__ is spooling._Sealed


def test_no_more_is_kept_of_an_upload_than_is_asked_for(rf: RequestFactory) -> None:
    request = rf.post("/", {"name": "江雪", "file": UploadedFile(BytesIO(b"a" * 900_000), name="a.jpg")})
    request.upload_handlers = [spooling.CappedUploadHandler(request, most=100_001)]
    taken = request.FILES["file"]
    assert isinstance(request.POST, QueryDict)
    assert (request.POST["name"], taken.size, len(taken.read())) == ("江雪", 900_000, 100_001)
