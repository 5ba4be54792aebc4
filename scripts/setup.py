#!/usr/bin/env python3
"""Fetches what the build needs into `.deps/`: libtorch and CMake, both from PyPI, pinned.

Run by `make`; safe to run again (it does nothing when everything is in place) and safe to interrupt
(a folder is renamed into place only when it is whole). `LIBTORCH`, when set, is respected: then only
CMake is fetched. `PIPELINE_LIBTORCH=cpu|cuda` overrides the choice that the presence of an NVIDIA
driver would make.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

TORCH = "2.13.0"
CMAKE = "4.1.2"
PIP = "25.3"
CPU_NEEDS_GB, CUDA_NEEDS_GB = 3, 16

ROOT = Path(__file__).resolve().parent.parent
DEPS = ROOT / ".deps"

# A CPU build needs these members of the wheels and nothing else of them.
CPU_TORCH_LIBRARIES = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libshm.so"}
CPU_EXTRA_WHEELS = {
    "nvidia-cuda-runtime==13.5.37": "libcudart.so.13",
    "nvidia-cuda-cupti==13.5.25": "libcupti.so.13",
}


def fail(problem, hint):
    sys.exit(f"setup: {problem}\n  hint: {hint}")


def check_machine():
    """Names every missing tool with the way to get it, before anything is downloaded."""
    tools = {
        "cargo": "install a Rust toolchain: https://rustup.rs",
        "c++": "install a C++ compiler; on Debian or Ubuntu: apt-get install g++",
        "make": "install make; on Debian or Ubuntu: apt-get install make",
    }
    for tool, hint in tools.items():
        if shutil.which(tool) is None:
            fail(f"`{tool}` was not found", hint)
    if sys.version_info < (3, 9):
        fail(f"Python {platform.python_version()} is too old", "install Python 3.9 or newer")
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode != 0:
        fail("Python's pip was not found", "on Debian or Ubuntu: apt-get install python3-pip; elsewhere: python3 -m ensurepip --user")
    if sys.platform != "linux" or platform.machine() != "x86_64":
        if "LIBTORCH" not in os.environ:
            fail(
                f"no pinned libtorch for {sys.platform} on {platform.machine()}",
                "unpack libtorch 2.13 yourself and set LIBTORCH to its folder",
            )


def check_disk(needed_gb):
    DEPS.mkdir(exist_ok=True)
    free_gb = shutil.disk_usage(DEPS).free / 1e9
    if free_gb < needed_gb:
        fail(
            f"{free_gb:.1f} GB free beside {DEPS}, and libtorch needs {needed_gb} GB while it is unpacked",
            "free some space, or set LIBTORCH to a libtorch 2.13 that is already on this machine",
        )


def pip(*arguments):
    """Runs a pip recent enough to resume a broken download, kept in `.deps/` so the system's is left alone."""
    own = DEPS / "pip"
    if not (own / "pip").is_dir():
        run_pip(None, "install", "--quiet", "--target", str(own), f"pip=={PIP}")
    run_pip(own, *arguments)


def run_pip(path, *arguments):
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_ROOT_USER_ACTION="ignore")
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, "-m", "pip", *arguments]
    if subprocess.run(command, env=environment).returncode != 0:
        fail(f"`pip {' '.join(arguments)}` failed", "see its message above; run the same make command again to go on")


def download(requirements, with_dependencies):
    """Downloads wheels into `.deps/wheels`; finished ones are kept there if a later one fails."""
    wheels = DEPS / "wheels"
    flags = [] if with_dependencies else ["--no-deps"]
    pip("download", "--only-binary", ":all:", "--resume-retries", "20", "--retries", "10", *flags, "--dest", str(wheels), *requirements)
    return sorted(wheels.glob("*.whl"))


def place(folder, fill):
    """Fills a temporary folder and renames it into place, so that a folder that exists is whole."""
    target, partial = DEPS / folder, DEPS / f"{folder}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    fill(partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def extract(wheel, keep, rename, into):
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.is_dir() or not keep(member.filename):
                continue
            destination = into / rename(member.filename)
            destination.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(destination, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            if member.external_attr >> 16 & 0o111:
                destination.chmod(0o755)


def fill_cpu(into):
    for wheel in download([f"torch=={TORCH}", *CPU_EXTRA_WHEELS], with_dependencies=False):
        if wheel.name.startswith("torch-"):
            keep = lambda name: name.startswith("torch/include/") or (
                name.startswith("torch/lib/") and Path(name).name in CPU_TORCH_LIBRARIES
            )
            extract(wheel, keep, lambda name: name.removeprefix("torch/"), into)
        elif wheel.name.startswith("nvidia"):
            libraries = set(CPU_EXTRA_WHEELS.values())
            extract(wheel, lambda name: Path(name).name in libraries, lambda name: "lib/" + Path(name).name, into)
    # torch-sys links `-ltorch`; the wheel's own libtorch.so would pull in CUDA.
    (into / "lib" / "libtorch.so").write_text("INPUT(-ltorch_cpu)\n")


def fill_cuda(into):
    """The wheel's libraries find their CUDA dependencies relative to themselves, so the layout is kept."""
    for wheel in download([f"torch=={TORCH}"], with_dependencies=True):
        if wheel.name.startswith(("torch-", "nvidia", "triton")):
            extract(wheel, lambda name: name.startswith(("torch/include/", "torch/lib/", "nvidia/")), lambda name: name, into)
    for part in ("include", "lib"):
        (into / part).symlink_to(Path("torch") / part)


def has_nvidia_gpu():
    choice = os.environ.get("PIPELINE_LIBTORCH")
    if choice in ("cpu", "cuda"):
        return choice == "cuda"
    return Path("/proc/driver/nvidia/version").exists()


def set_up_libtorch():
    if "LIBTORCH" in os.environ:
        if not (Path(os.environ["LIBTORCH"]) / "lib").is_dir():
            fail(f"LIBTORCH={os.environ['LIBTORCH']} has no lib folder", "point it at an unpacked libtorch 2.13, or unset it")
        return
    flavour = "cuda" if has_nvidia_gpu() else "cpu"
    wanted = {"torch": TORCH, "flavour": flavour}
    stamp = DEPS / "libtorch" / "stamp.json"
    if stamp.exists() and json.loads(stamp.read_text()) == wanted:
        return
    check_disk(CUDA_NEEDS_GB if flavour == "cuda" else CPU_NEEDS_GB)
    print(f"setup: fetching libtorch {TORCH} ({flavour}) into .deps/libtorch", file=sys.stderr)

    def fill(into):
        fill_cuda(into) if flavour == "cuda" else fill_cpu(into)
        (into / "stamp.json").write_text(json.dumps(wanted))

    place("libtorch", fill)
    shutil.rmtree(DEPS / "wheels", ignore_errors=True)


def set_up_cmake():
    stamp = DEPS / "cmake" / f"cmake-{CMAKE}.stamp"
    if stamp.exists():
        return
    print(f"setup: fetching CMake {CMAKE} into .deps/cmake", file=sys.stderr)

    def fill(into):
        pip("install", "--quiet", "--target", str(into / "python"), f"cmake=={CMAKE}")
        (into / "bin").symlink_to(Path("python") / "cmake" / "data" / "bin")
        (into / stamp.name).touch()

    place("cmake", fill)


if __name__ == "__main__":
    check_machine()
    set_up_cmake()
    set_up_libtorch()
