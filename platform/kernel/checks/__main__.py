"""``python -m kernel.checks``: print every finding, and fail if there is one."""

import sys

import django


def main() -> int:
    """Run all lints; the exit status."""
    django.setup()
    # Reads models, so only once Django is set up.
    from kernel.checks.run import all_findings

    found = all_findings()
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
