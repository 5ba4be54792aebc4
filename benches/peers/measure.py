"""Runs a command as a whole process and says what it took."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Sample:
    """Seconds of wall clock and of processor, and the peak memory in MiB of the largest process."""

    wall: float
    cpu: float
    peak: float


def run(command, folder, env=None):
    """Runs it once. Ends the benchmark, with what it printed, if it fails."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))} failed in {folder}:\n{printed.decode()[-2000:]}")
    return Sample(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def median(samples):
    """The median of each figure."""
    return Sample(*(statistics.median(getattr(sample, name) for sample in samples) for name in ("wall", "cpu", "peak")))
