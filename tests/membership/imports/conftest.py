"""Files to import, and a private storage of the test's own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import override_settings

from membership.imports import running, services
from membership.imports.models import Import
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import clerk, store_id

__all__ = ["clerk", "store_id"]

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The private storage, also of the workers that the test starts."""
    folder = tmp_path / "private"
    monkeypatch.setenv("KAYUN_PRIVATE_DIR", str(folder))
    changed = settings.STORAGES | {
        "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    }
    with override_settings(STORAGES=changed):
        storages._storages.pop("private", None)  # type: ignore[attr-defined]
        yield folder
    storages._storages.pop("private", None)  # type: ignore[attr-defined]


@pytest.fixture
def upload(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., Import]:
    """``upload("CARDS", "卡号,…\\n…")``: a CSV taken in; no worker has looked at it."""

    def take(kind: str, text: str | bytes, *, again: bool = False, **defaults: str) -> Import:
        with in_chain():
            return services.upload(
                actor=clerk,
                kind_code=kind,
                content=[text.encode() if isinstance(text, str) else text],
                filename="名单.csv",
                store_id=store_id,
                defaults=defaults,
                again=again,
            )

    return take


@pytest.fixture
def advance(chain: Chain, in_chain: InChain) -> Callable[[Import], Import]:
    """Do what a worker does, here; the import as it then stands."""

    def run(imported: Import) -> Import:
        running.advance(chain.schema_name, imported.pk)
        with in_chain():
            return Import.objects.select_related("file", "error_file").get(pk=imported.pk)

    return run
