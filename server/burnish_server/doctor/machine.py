"""Checks of the machine and the installation, without a model."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tempfile
from pathlib import Path

import psutil

from burnish_models.hardware import describe_hardware
from burnish_models.memory import readable_bytes
from burnish_server.doctor.check import Check

__all__ = [
    "check_compiler",
    "check_disk",
    "check_gpu",
    "check_home",
    "check_memory",
    "check_packages",
    "check_python",
]

_OLDEST_PYTHON = (3, 11)
_NEEDED_MEMORY = 512 << 20
_NEEDED_DISK = 1 << 30


def check_python() -> Check:
    """Whether this Python is new enough."""
    found = f"Python {platform.python_version()} at {sys.executable}"
    wanted = ".".join(map(str, _OLDEST_PYTHON))
    return Check(
        "python", sys.version_info[:2] >= _OLDEST_PYTHON, found, f"Install Python {wanted} or newer."
    )


def check_packages() -> Check:
    """Whether everything the package requires is installed."""
    try:
        required = importlib.metadata.requires("burnish") or []
    except importlib.metadata.PackageNotFoundError:
        return Check("packages", False, "Burnish itself is not installed.", "python -m pip install burnish")
    missing = []
    found = 0
    for requirement in required:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            importlib.metadata.version(name)
            found += 1
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check(
            "packages",
            False,
            f"Missing: {', '.join(missing)}",
            f"{sys.executable} -m pip install {' '.join(missing)}",
        )
    return Check("packages", True, f"all {found} required packages are installed")


def check_home(home: Path) -> Check:
    """Whether the home folder can be written to."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home, prefix=".doctor-"):
            pass
    except OSError as error:
        return Check(
            "home folder",
            False,
            f"{home} cannot be written to: {error.strerror or error}",
            f"Make {home} writable, or choose another folder with --home or BURNISH_HOME.",
        )
    return Check("home folder", True, f"{home} is writable")


def check_disk(home: Path) -> Check:
    """Free space where models are stored."""
    folder = home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Check(
        "disk",
        free >= _NEEDED_DISK,
        f"{readable_bytes(free)} free at {folder}",
        f"Free {readable_bytes(_NEEDED_DISK)} there, or choose another folder with --home.",
        essential=False,
    )


def check_memory() -> Check:
    """Memory that is free for a model, and what this process itself holds."""
    hardware = describe_hardware(query_gpus=False)
    own = psutil.Process(os.getpid()).memory_info().rss
    detail = (
        f"{readable_bytes(hardware.memory_available)} of {readable_bytes(hardware.memory_total)} available; "
        f"this process holds {readable_bytes(own)}"
    )
    mend = "Close other programs, or choose a smaller model: burnish models list"
    return Check("memory", hardware.memory_available >= _NEEDED_MEMORY, detail, mend)


def check_gpu() -> Check:
    """Graphics processors; none is fine."""
    gpus = describe_hardware().gpus
    if not gpus:
        return Check("gpu", True, "none found; models run on the CPU", essential=False)
    names = ", ".join(f"{gpu.name} ({gpu.backend}, {readable_bytes(gpu.memory_bytes)})" for gpu in gpus)
    return Check("gpu", True, names, essential=False)


def check_compiler() -> Check:
    """A C++ compiler, which is needed where llama.cpp has to be built."""
    names = ("cl",) if sys.platform == "win32" else ("c++", "g++", "clang++")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is not None:
        return Check("compiler", True, found, essential=False)
    mends = {
        "win32": "winget install Microsoft.VisualStudio.2022.BuildTools",
        "darwin": "xcode-select --install",
    }
    return Check(
        "compiler",
        False,
        "no C++ compiler; llama.cpp can only be installed from a prebuilt wheel",
        mends.get(sys.platform, "sudo apt install build-essential"),
        essential=False,
    )
