"""Lints that hold models, migrations and SQL to the rules that let a chain's schema be copied, renamed and moved.

    python -m kernel.checks        # prints what is wrong, fails if anything is

The rules on models also run as Django system checks, with every management command.
"""

from kernel.checks.findings import Finding
from kernel.checks.run import all_findings

__all__ = ["Finding", "all_findings"]
