"""How much memory a process took."""

from pathlib import Path


def peak_mib() -> float:
    """The most memory that this program has had resident, in MiB.

    Not ``getrusage``, whose peak a started program inherits from the one that started it.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
