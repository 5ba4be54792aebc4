"""The machine that a benchmark runs on: whether it is idle, and how to name it in a table."""

import os
import platform
import sys
from pathlib import Path

BUSY = 0.5


def load():
    """Processes that wanted to run in the last minute, per core."""
    return os.getloadavg()[0] / os.cpu_count()


def require_idle(busy_is_fine):
    """Ends the program on a machine at work, whose figures would say nothing."""
    if load() <= BUSY:
        return
    message = f"bench: the load is {load():.2f} a core, above {BUSY}"
    if not busy_is_fine:
        sys.exit(f"{message}\n  hint: wait until the machine is idle, or pass --busy for a table marked as such")
    print(f"{message}; the table will say so", file=sys.stderr)


def describe():
    """One line: processor, cores, memory, system."""
    processor = platform.processor()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}"
