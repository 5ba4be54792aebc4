#!/usr/bin/env python3
"""Compares data work and training with cv2, h5py, NumPy, Keras, torchvision and PyTorch, in one run.

    training.py [--runs 3] [--only WORD] [--busy] [--out results/bench/training.md]

Peers come from PyPI, pinned, into a folder of their own (`.deps/bench-training`). Each job is run in turn, ours,
theirs, ours, …, each time in a process of its own, with two threads; the table holds medians of rates.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path

import machine
from peers import ROOT

OURS = ROOT / "target" / "release" / "examples" / "speed"
PIPELINE = ROOT / "target" / "release" / "pipeline"
FOLDER = ROOT / ".deps" / "bench-training"
PACKAGES = {
    "torch": "2.13.0", "torchvision": "0.28.0", "keras": "3.15.1", "h5py": "3.16.0", "scipy": "1.17.1",
    "opencv-python-headless": "5.0.0.93", "scikit-learn": "1.9.1",
}
THREADS = 2
CLASSES, PER_CLASS = 200, 100
AUGMENT = json.dumps({"augment": {
    "rotation": 18, "zoom": 0.15, "shift": 0.2, "shear": 0.15, "horizontal_flip": True,
}})


@dataclass
class Job:
    """One line of the table: our arguments, the peers' by name, the ratio that is asked for, what bounds us."""

    name: str
    ask: float
    ours: list
    peers: dict
    bound: str
    unit: str = "images/s"
    rates: dict = field(default_factory=dict)


def jobs(trees):
    rows = [
        Job("64×64 JPEG tree → HDF5", 2, ["pack", trees.jpegs], {"cv2 + h5py": ["pack", trees.jpegs]},
            "decoding JPEGs, on all cores"),
        Job("channel means of an HDF5 file", 20, ["means", trees.images], {"NumPy": ["means", trees.images]},
            "memory bandwidth"),
        Job("full affine augmentation, 64×64", 1.5, ["augment"],
            {"grid_sample per batch": ["augment", "batch"], "torchvision v2 per image": ["augment", "per-image"],
             "Keras ImageDataGenerator": ["augment", "keras"]}, "arithmetic of the resampling, on two cores"),
        Job("random batches of 64 from HDF5", 5, ["batches", trees.images],
            {"h5py one by one": ["batches", trees.images, "single"],
             "h5py fancy index": ["batches", trees.images, "fancy"]}, "memory bandwidth of one core"),
    ]
    for network, batch in (("tiny-imagenet", 64), ("cifar", 128)):
        for precision in ("f32", "bf16"):
            step = ["step", network, precision]
            rows.append(Job(f"training step, {network} network, batch {batch}, {precision}", 1, step,
                            {"PyTorch": step}, "oneDNN's convolutions"))
    for precision in ("f32", "bf16"):
        epochs = ["epochs", "tiny-imagenet", precision, trees.few, 2, 64, AUGMENT]
        rows.append(Job(f"whole epoch from HDF5 with augmentation, tiny-imagenet network, {precision}", 1.15, epochs,
                        {"PyTorch, h5py, DataLoader, torchvision v2": epochs}, "the training step"))
    epochs = ["epochs", "digits", "f32", trees.digits, 13, 32]
    rows.append(Job("12 epochs of 1,497 digits at 32×32, batch 32", 1.3, epochs, {"PyTorch eager": epochs},
                    "the calls of small kernels"))
    rows.append(Job("optimiser step, CIFAR network", 1, ["optimiser"], {"torch.optim.SGD(fused=True)": ["optimiser"]},
                    "one pass over weights, gradients and momentum", "steps/s"))
    return rows


@dataclass
class Trees:
    """Data of the jobs: photographs as JPEGs, the same as HDF5, a few of them, and digits."""

    jpegs: Path
    images: Path
    few: Path
    digits: Path


def python():
    """The interpreter with the peers' packages; installs them if they are not there yet."""
    program, mark = FOLDER / "bin" / "python", FOLDER / "installed"
    if not mark.exists() or mark.read_text() != str(PACKAGES):
        print("bench: installing the peers into .deps/bench-training", file=sys.stderr)
        venv.create(FOLDER, with_pip=True, clear=True)
        packages = [f"{name}=={version}" for name, version in PACKAGES.items()]
        subprocess.run([program, "-m", "pip", "install", "--quiet", *packages], check=True)
        mark.write_text(str(PACKAGES))
    return program


def make_trees(interpreter, folder):
    """Crops of the two photographs that scikit-learn brings, and the project's digits."""
    jpegs, few = folder / "jpegs", folder / "few"
    subprocess.run([interpreter, Path(__file__).with_name("photographs.py"), jpegs, str(CLASSES), str(PER_CLASS)], check=True)
    for classes in sorted(jpegs.iterdir()):
        (few / classes.name).mkdir(parents=True)
        for image in sorted(classes.iterdir())[:6]:
            shutil.copy(image, few / classes.name)
    (folder / "pipelines").mkdir()
    stage = lambda name, source, more: f'[stages.{name}]\nkind = "dataset"\nsource = "{source}"\n{more}\n'
    (folder / "pipelines" / "trees.toml").write_text(
        stage("images", jpegs, 'format = "image-folder"')
        + stage("few", few, 'format = "image-folder"')
        + stage("digits", ROOT / "data" / "digits", 'format = "idx"\nimage_size = 32\ntest_per_class = 30')
    )
    subprocess.run([PIPELINE, "run", "pipelines/trees.toml"], cwd=folder, check=True, capture_output=True)
    file = lambda stage: folder / "results" / "trees" / stage / "train.h5"
    return Trees(jpegs, file("images"), file("few"), file("digits"))


def measure(program, arguments):
    """The rate of one job in a process of its own."""
    command = [str(part) for part in [*program, *arguments]]
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "RAYON_NUM_THREADS": str(THREADS)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])["rate"]


def rate(value, unit):
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.1f} {unit}"


def lines(job):
    """The job's lines: one a peer, the best peer first. The ratio is our rate over theirs."""
    ours = statistics.median(job.rates["ours"])
    peers = sorted(((statistics.median(job.rates[peer]), peer) for peer in job.peers), reverse=True)
    for number, (theirs, peer) in enumerate(peers):
        cells = [peer, rate(theirs, job.unit), f"{ours / theirs:.2f} ×"]
        if number == 0:
            cells = [job.name, rate(ours, job.unit), *cells, f"{job.ask} ×", job.bound]
        else:
            cells = ["", "", *cells, "", ""]
        yield "| " + " | ".join(cells) + " |"


def table(done, load):
    head = [
        "# Data and training beside their peers",
        "",
        f"Written by `make bench` on {time.strftime('%Y-%m-%d')}. {machine.describe()}. Load before: {load:.2f} a core"
        + (" — **the machine was busy, the figures say little**." if load > machine.BUSY else "."),
        "Peers: " + ", ".join(f"{name} {version}" for name, version in PACKAGES.items()) + ".",
        "",
        f"Medians of rates, ours and the peers' in turn, {THREADS} threads, each in a process of its own. The ratio is our rate",
        "over the peer's: above 1 we are faster; what is asked for is asked for beside the best peer.",
        "",
        "| job | ours | peer | theirs | ratio | asked for | what bounds ours |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(head + [line for job in done for line in lines(job)]) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="jobs whose name has this in it; prints, writes no table")
    parser.add_argument("--busy", action="store_true", help="measure on a machine at work, too")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench" / "training.md")
    return parser.parse_args()


def main():
    options = arguments()
    for program in (OURS, PIPELINE):
        if not program.exists():
            sys.exit(f"bench: {program.name} is not built\n  hint: run `make bench`, which builds it")
    interpreter = python()
    machine.require_idle(options.busy)
    load = machine.load()
    peer = [interpreter, Path(__file__).with_name("torch_jobs.py")]
    with tempfile.TemporaryDirectory(prefix="pipeline-bench-") as folder:
        done = []
        for job in jobs(make_trees(interpreter, Path(folder))):
            if options.only not in job.name:
                continue
            job.rates = {who: [] for who in ("ours", *job.peers)}
            for _ in range(options.runs):
                job.rates["ours"].append(measure([OURS], job.ours))
                for name, its in job.peers.items():
                    job.rates[name].append(measure(peer, its))
            done.append(job)
            print(*lines(job), sep="\n", file=sys.stderr, flush=True)
            if not options.only:
                options.out.write_text(table(done, load))


if __name__ == "__main__":
    main()
