"""The programs that we are compared with, pinned, in a folder of their own."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".deps" / "bench"
PYTHON = {"ninja": "1.13.2", "snakemake": "9.27.1", "dvc": "3.67.1"}
B3SUM = "1.8.5"


@dataclass
class Peers:
    ninja: Path
    snakemake: Path
    dvc: Path
    b3sum: Path
    versions: dict[str, str]


def install():
    """Installs what is not there yet; the first time takes some minutes."""
    programs = FOLDER / "bin"
    mark = FOLDER / "installed"
    wanted = f"{PYTHON} {B3SUM}"
    if not mark.exists() or mark.read_text() != wanted:
        print("bench: installing ninja, Snakemake, DVC and b3sum into .deps/bench", file=sys.stderr)
        venv.create(FOLDER, with_pip=True)
        packages = [f"{name}=={version}" for name, version in PYTHON.items()]
        subprocess.run([programs / "pip", "install", "--quiet", *packages], check=True)
        crate = ["cargo", "install", "--quiet", "--locked", "--root", FOLDER, "--version", B3SUM, "b3sum"]
        subprocess.run(crate, check=True)
        mark.write_text(wanted)
    paths = [programs / name for name in ("ninja", "snakemake", "dvc", "b3sum")]
    return Peers(*paths, versions={**PYTHON, "b3sum": B3SUM})
