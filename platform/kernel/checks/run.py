"""All lints together."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from kernel.checks.findings import Finding
from kernel.checks.migrations import migration_findings, missing_findings
from kernel.checks.models import OUR_PACKAGES, model_findings
from kernel.checks.purity import is_domain, purity_findings
from kernel.checks.source import source_findings


def all_findings() -> list[Finding]:
    """Every finding, in a stable order. Needs Django set up; asks no database."""
    found = [*_models(), *migration_findings(MigrationLoader(None)), *missing_findings()]
    root = Path(settings.BASE_DIR)
    sources = list(_sources(root))
    found.extend(source_findings(sources, root=root))
    found.extend(purity_findings(filter(is_domain, sources), root=root))
    return sorted(set(found))


def _models() -> Iterator[Finding]:
    yield from model_findings(apps.get_models(include_auto_created=True))


def _sources(root: Path) -> Iterator[Path]:
    """Our Python files. Migrations are read as operations already; this package names what it forbids."""
    for package in (*OUR_PACKAGES, "config"):
        for base in (root / package, root / "platform" / package):
            for path in sorted(base.rglob("*.py")):
                if "migrations" not in path.parts and "checks" not in path.parts:
                    yield path
