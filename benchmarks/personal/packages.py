"""Where the source of a package comes from."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

__all__ = ["source_folder"]


def source_folder(name: str, cache: Path) -> Path:
    """The folder of a package: a path, an installed one, or ``NAME`` or ``NAME:IMPORT`` from the package index.

    Raises:
        SystemExit: there is no such package.
    """
    if Path(name).is_dir():
        return Path(name).resolve()
    distribution, _, module = name.partition(":")
    module = module or distribution
    found = importlib.util.find_spec(module)
    if found is not None and found.submodule_search_locations:
        return Path(next(iter(found.submodule_search_locations)))
    if not (cache / module).is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        if subprocess.run([*command, "--dest", str(cache), distribution], check=False).returncode:
            sys.exit(f"{distribution} could not be downloaded; name a folder instead")
        for wheel in cache.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(cache)
            wheel.unlink()
    if not (cache / module).is_dir():
        sys.exit(f"{distribution} has no package {module}; say NAME:IMPORT")
    return cache / module
