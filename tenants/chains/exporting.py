"""A chain's farewell: everything it owns in one file, proved to be restorable.

The file is a plain script of pg_dump, gzipped: ``gunzip -c file | psql`` brings the schema back.
"""

import gzip
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from django.core.files import File
from django.core.files.storage import storages
from django.db import connections

from kernel.db import in_public, qualified, quote_schema
from tenants.chains import dumps, schemas
from tenants.chains.versions import OWNER

_CHUNK: Final = 1 << 20


class ExportDiffers(Exception):
    """What was restored from the export is not what is in the chain: nothing may be dropped."""


@dataclass(frozen=True, slots=True)
class Export:
    """Where the export is in the private storage, and the SHA-256 of the file."""

    name: str
    sha256: str


def export(*, schema_name: str, name: str) -> Export:
    """Dump the schema, prove that the dump brings it back, and keep it in the private storage under ``name``.

    Nobody may write to the schema meanwhile. Opens its own transactions.

    Raises:
        ExportDiffers, subprocess.CalledProcessError
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.sql.gz"
        _dump(schema_name, path)
        _prove(schema_name, path)
        with path.open("rb") as stream:
            kept = storages["private"].save(name, File(stream))
        return Export(name=kept, sha256=_sha256(path))


def _dump(schema_name: str, path: Path) -> None:
    with dumps.pg_dump(f"--schema={schema_name}") as dumped, gzip.open(path, "wb", compresslevel=6) as packed:
        while chunk := dumped.read(_CHUNK):
            packed.write(chunk)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _prove(schema_name: str, path: Path) -> None:
    """Restore beside the original and compare every row of every table, in a transaction that is then undone."""
    aside = f"kayun_aside_{hashlib.sha256(schema_name.encode()).hexdigest()[:12]}"
    connection = connections[OWNER]
    with in_public(using=OWNER):
        schemas.rename(schema_name, aside)
        with gzip.open(path, "rt", encoding="utf-8") as script:
            _replay(script)
        with qualified(using=OWNER):
            original, restored = _digests(aside), _digests(schema_name)
        connection.set_rollback(True)
    if original != restored:
        differing = sorted(
            name for name in original.keys() | restored.keys() if original.get(name) != restored.get(name)
        )
        raise ExportDiffers(", ".join(differing))


def _replay(script: IO[str]) -> None:
    """Send pg_dump's script as its own client would: statements together, rows by COPY. Holds no table whole."""
    waiting: list[str] = []
    with qualified(using=OWNER), connections[OWNER].cursor() as cursor:
        for line in script:
            if line.startswith("COPY ") and line.endswith(" FROM stdin;\n"):
                cursor.execute("".join(waiting))
                waiting.clear()
                with cursor.copy(line) as copy:
                    for row in _rows(script):
                        copy.write(row)
            elif not dumps.belongs_to_session(line):
                waiting.append(line)
        cursor.execute("".join(waiting))


def _rows(script: IO[str]) -> Iterator[str]:
    for row in script:
        if row == "\\.\n":
            return
        yield row


def _digests(schema_name: str) -> dict[str, tuple[object, ...]]:
    """Each table's number of rows and the sum of their hashes, and where each sequence stands."""
    schema = quote_schema(schema_name)
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = %s", [schema_name])
        tables = [name for (name,) in cursor.fetchall()]
        found: dict[str, tuple[object, ...]] = {}
        for table in tables:
            cursor.execute(
                f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {schema}.{table} t"  # noqa: S608
            )
            found[table] = cursor.fetchone()
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s", [schema_name])
        found.update({f"sequence {name}": (value,) for name, value in cursor.fetchall()})
        return found
