"""Where a Python interpreter lies and what it must be able to read to start."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Interpreter", "find_interpreter", "readable", "start_environment"]

#: Shared libraries, the loader's cache, time zones: what any program needs of the system.
_SYSTEM = (
    *(
        "/lib",
        "/lib32",
        "/lib64",
        "/usr/lib",
        "/usr/lib32",
        "/usr/lib64",
        "/usr/local/lib",
        "/bin",
        "/usr/bin",
    ),
    *("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/nix/store"),
)
#: The same on macOS: the loader's shared cache, frameworks, and what Homebrew's Pythons link to.
_MACOS = (
    *(
        "/System/Library",
        "/System/Cryptexes",
        "/System/Volumes/Preboot/Cryptexes",
        "/private/preboot/Cryptexes",
    ),
    *(
        "/opt/homebrew/lib",
        "/opt/homebrew/opt",
        "/opt/homebrew/Cellar",
        "/usr/local/opt",
        "/usr/local/Cellar",
    ),
)
_QUERY = """
import json, site, sys, sysconfig
base = getattr(sys, "_base_executable", None) or sys.executable
config = [sysconfig.get_config_var("LIBDIR"), sysconfig.get_path("stdlib")]
print(json.dumps([base, [sys.base_prefix, sys.base_exec_prefix, *filter(None, config)], site.getsitepackages()]))
"""
_QUERY_S = 30


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The executable itself (not a virtual environment's link to it), what it reads, and its site-packages."""

    executable: str
    read: tuple[str, ...]
    sites: tuple[str, ...]


@functools.lru_cache(maxsize=16)
def find_interpreter(python: Path) -> Interpreter:
    """Ask ``python`` where it lies.

    Raises:
        OSError: it cannot be started. ValueError: it is no Python that answers.
    """
    found = subprocess.run(
        [str(python), "-I", "-c", _QUERY],
        capture_output=True,
        timeout=_QUERY_S,
        check=False,
        env=start_environment(),
    )
    try:
        base, read, sites = json.loads(found.stdout)
    except ValueError as error:
        tail = found.stderr.decode("utf-8", "replace").strip()[-300:]
        raise ValueError(f"{python} is no Python interpreter that answers. {tail}") from error
    return Interpreter(os.path.realpath(base), tuple(read), tuple(sites))


def start_environment() -> dict[str, str]:
    """The environment a process cannot start without: none, but on Windows the system's folder."""
    root = os.path.expandvars("%SystemRoot%") if sys.platform == "win32" else ""
    return {"SystemRoot": root} if root else {}


def readable(paths: list[str]) -> list[str]:
    """``paths`` that exist, with links resolved and nothing inside another one, and the system's folders.

    A system folder that is a link (``/lib`` to ``usr/lib``) is named too: what is read may go through it.
    """
    system = (*_SYSTEM, *_MACOS) if sys.platform == "darwin" else _SYSTEM
    links = [path for path in system if Path(path).is_symlink()]
    real = sorted({os.path.realpath(path) for path in (*system, *paths) if path and Path(path).exists()})
    kept: list[str] = []
    for path in real:
        if path == "/":
            raise ValueError("a program in the sandbox may not read the whole file system")
        if not any(path == other or path.startswith(other + "/") for other in kept):
            kept.append(path)
    outside = [link for link in links if not any(link.startswith(other + "/") for other in kept)]
    return [*outside, *kept]
