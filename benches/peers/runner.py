#!/usr/bin/env python3
"""Compares the runner with ninja, Snakemake, DVC and b3sum on the same work, in one run.

    runner.py [--sizes 1000,10000,100000] [--runs 5] [--full] [--busy] [--out results/bench/runner.md]

Peers come from PyPI and the crate registry, pinned, into a folder of their own (`.deps/bench`). Commands are run in
turn, ours, theirs, ours, …; the table holds medians. `--full` also takes Snakemake to 10,000 stages and DVC to
1,000, which takes the better part of an hour.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import chains
import machine
from measure import Sample, median, run
from peers import ROOT, install

OURS = ROOT / "target" / "release" / "pipeline"

# What bounds our figure, found with `perf record` and `strace -f` on the same pipelines.
BOUNDS = {
    "cold": "starting two processes a stage (`sh` and its `cat`), then making, renaming and copying six small files",
    "no-op": "one `stat` an output and one an action, and reading the record of the last run",
    "edit": "as cold, for the stages of one chain; judging all others, and the one sync of the disk at the end",
    "digest": "BLAKE3 on all cores over mapped pages",
    "folder": "one `stat` a file, on all cores",
    "start": "the dynamic loader and the page faults of the program's own pages",
    "plan": "the stages in memory",
}


@dataclass
class Row:
    job: str
    bound: str
    ours: Sample
    peer: str = ""
    theirs: Sample | None = None


@dataclass
class Bench:
    runs: int
    folder: Path
    write: Callable[["Bench"], None]
    rows: list[Row] = field(default_factory=list)
    projects: int = 0

    def add(self, job, bound, ours, peer="", theirs=None):
        row = Row(job, BOUNDS[bound], median(ours), peer, median(theirs) if theirs else None)
        self.rows.append(row)
        self.write(self)
        print(line(row), file=sys.stderr, flush=True)

    def project(self, runner, stages):
        """A fresh project, in a folder of its own."""
        self.projects += 1
        folder = self.folder / f"{runner.name}-{stages}-{self.projects}"
        runner.prepare(folder, stages)
        for command in runner.set_up():
            run(command, folder)
        return folder

    def chains(self, ours, peer, stages, runs):
        """Cold, no-op and one edit, ours and the peer's in turn."""
        cold = {ours: [], peer: []}
        for _ in range(runs):
            folders = {runner: self.project(runner, stages) for runner in cold}
            for runner, folder in folders.items():
                cold[runner].append(run(runner.command(), folder))
        self.add(f"{stages:,} stages cold", "cold", cold[ours], peer.name, cold[peer])
        # The first run after a cold one may still settle what was too new to be trusted.
        for runner, folder in folders.items():
            run(runner.command(), folder)
        nothing = {ours: [], peer: []}
        for _ in range(self.runs):
            for runner, folder in folders.items():
                nothing[runner].append(run(runner.command(), folder))
        self.add(f"{stages:,} stages no-op", "no-op", nothing[ours], peer.name, nothing[peer])
        edited = {ours: [], peer: []}
        for number in range(runs):
            for runner, folder in folders.items():
                chains.edit(folder, f"edit {number}\n")
                edited[runner].append(run(runner.command(), folder))
        job = f"{stages:,} stages, one edit ({stages // chains.CHAINS:,} re-run)"
        self.add(job, "edit", edited[ours], peer.name, edited[peer])

    def digests(self, b3sum):
        """Throughput of content digests, page cache warm."""
        for job, count, size in [("1 GiB file", 1, 1 << 30), ("256 files of 4 MiB", 256, 4 << 20)]:
            folder = self.folder / f"digest-{count}"
            source = folder / "data"
            source.mkdir(parents=True)
            for number in range(count):
                with (source / f"{number}.bin").open("wb") as file:
                    subprocess.run(["head", "-c", str(size), "/dev/urandom"], stdout=file, check=True)
            plan = plan_of(folder, "data")
            ours, theirs = [], []
            for _ in range(self.runs + 1):
                shutil.rmtree(folder / ".pipeline", ignore_errors=True)
                ours.append(run(plan, folder))
                theirs.append(run([b3sum, *sorted(source.iterdir())], folder))
            self.add(f"digest of {job}", "digest", ours[1:], "b3sum", theirs[1:])

    def folder_of_small_files(self):
        folder = self.folder / "small"
        for number in range(100_000):
            file = folder / "data" / str(number % 100) / str(number)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{number}\n")
        plan = plan_of(folder, "data")
        time.sleep(0.1)  # Files of this very moment are not trusted yet.
        run([OURS, "run", "pipelines/one.toml"], folder)  # A run remembers digests, a plan does not.
        self.add("folder of 100,000 files re-checked", "folder", [run(plan, folder) for _ in range(self.runs)])

    def start(self, ninja):
        ours, theirs = [], []
        for _ in range(20):
            ours.append(run([OURS, "--version"], self.folder))
            theirs.append(run([ninja, "--version"], self.folder))
        self.add("`--version`", "start", ours, "ninja", theirs)

    def plan(self, ours, stages):
        folder = self.project(ours, stages)
        plan = [OURS, "plan", "pipelines/chains.toml"]
        self.add(f"plan of {stages:,} stages", "plan", [run(plan, folder) for _ in range(3)])


def plan_of(folder, source):
    """A project whose one stage reads `source`; the command that plans it."""
    (folder / "pipelines").mkdir(parents=True)
    (folder / "pipelines" / "one.toml").write_text(
        f'[stages.one]\nkind = "command"\nrun = "touch ${{outputs.none}}"\ninputs = {{ data = "{source}" }}\noutputs = {{ none = "none" }}\n'
    )
    return [OURS, "plan", "pipelines/one.toml"]


def seconds(value):
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def line(row):
    ours = f"{seconds(row.ours.wall)} | {seconds(row.ours.cpu)} | {row.ours.peak:.0f} MiB"
    theirs = ("–", "–") if row.theirs is None else (seconds(row.theirs.wall), f"{row.ours.wall / row.theirs.wall:.2f} ×")
    return f"| {row.job} | {ours} | {row.peer or '–'} | {theirs[0]} | {theirs[1]} | {row.bound} |"


def table(bench, versions, load):
    head = [
        "# The runner beside its peers",
        "",
        f"Written by `make bench` on {time.strftime('%Y-%m-%d')}. {machine.describe()}. Load before: {load:.2f} a core"
        + (" — **the machine was busy, the figures say little**." if load > machine.BUSY else "."),
        "Peers: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        "",
        f"Medians of up to {bench.runs} runs, ours and the peer's in turn; wall clock unless it says CPU; memory is that of the",
        "largest process (below 30 MiB, that of the benchmark itself). The ratio is our time over the peer's: below 1 we are",
        "faster. Stages are ten parallel chains of a `cat` and an `echo` each, and re-run stages are those of one chain.",
        "",
        "| job | ours | CPU | peak memory | peer | theirs | ratio | what bounds ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join(head + [line(row) for row in bench.rows]) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000", help="stages beside ninja")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="Snakemake to 10,000 and DVC to 1,000 stages")
    parser.add_argument("--busy", action="store_true", help="measure on a machine at work, too")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench" / "runner.md")
    return parser.parse_args()


def main():
    options = arguments()
    machine.require_idle(options.busy)
    load = machine.load()
    if not OURS.exists():
        sys.exit("bench: the program is not built\n  hint: run `make build` first")
    peers = install()
    ours, ninja = chains.Pipeline(OURS), chains.Ninja(peers.ninja)
    with tempfile.TemporaryDirectory(prefix="pipeline-bench-", ignore_cleanup_errors=True) as folder:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        # After each row, so that a peer that fails at the end costs only its own.
        write = lambda bench: options.out.write_text(table(bench, peers.versions, load))
        bench = Bench(options.runs, Path(folder), write)
        bench.start(peers.ninja)
        bench.digests(peers.b3sum)
        bench.folder_of_small_files()
        for stages in map(int, options.sizes.split(",")):
            bench.chains(ours, ninja, stages, options.runs if stages <= 10_000 else 1)
        for stages in [1_000, 10_000] if options.full else [1_000]:
            bench.chains(ours, chains.Snakemake(peers.snakemake), stages, 1)
        for stages in [100, 1_000] if options.full else [100]:
            bench.chains(ours, chains.Dvc(peers.dvc), stages, 1)
        bench.plan(ours, 100_000)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
