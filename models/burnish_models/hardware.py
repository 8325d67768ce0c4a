"""What this machine has for running a model: cores, memory, processor features, GPUs, battery."""

from __future__ import annotations

import csv
import math
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

__all__ = ["Gpu", "Hardware", "describe_hardware", "recommended_threads"]

#: Processor features that llama.cpp has faster kernels for, as /proc/cpuinfo spells them.
_FLAGS = (
    *(
        "avx",
        "avx2",
        "f16c",
        "fma",
        "avx512f",
        "avx512_vnni",
        "avx512_bf16",
        "avx_vnni",
        "amx_int8",
        "amx_bf16",
    ),
    *("asimd", "asimddp", "i8mm", "bf16", "sve"),
)
_GPU_QUERY_SECONDS = 3.0
_CGROUP = Path("/sys/fs/cgroup")
_CPUINFO = Path("/proc/cpuinfo")
_UNLIMITED = 1 << 60


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics processor; memory in bytes (0 where it shares the machine's memory)."""

    name: str
    backend: str
    memory_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a model can use here. Counts respect CPU affinity and container limits; memory is in bytes."""

    system: str
    machine: str
    physical_cores: int
    logical_cores: int
    memory_total: int
    memory_available: int
    cpu_flags: tuple[str, ...] = ()
    gpus: tuple[Gpu, ...] = field(default=())
    on_battery: bool = False

    def as_dict(self) -> dict[str, object]:
        """The same as plain data, for JSON."""
        return asdict(self)


def describe_hardware(*, query_gpus: bool = True) -> Hardware:
    """Look at this machine. Takes milliseconds, or up to three seconds where ``nvidia-smi`` hangs."""
    logical = _logical_cores()
    total, available = _memory()
    return Hardware(
        system=sys.platform,
        machine=platform.machine(),
        physical_cores=_physical_cores(logical),
        logical_cores=logical,
        memory_total=total,
        memory_available=available,
        cpu_flags=_cpu_flags(),
        gpus=(*_nvidia(), *_metal(total)) if query_gpus else (),
        on_battery=_on_battery(),
    )


def recommended_threads(hardware: Hardware | None = None) -> int:
    """Threads for the engine: one for each physical core; one core stays free where there are more than four.

    Token generation is bound by memory, so hyper-threads do not help; the editor needs a core too. On
    battery at most four.
    """
    cores = (hardware or describe_hardware(query_gpus=False)).physical_cores
    threads = cores - 1 if cores > 4 else cores
    if hardware is not None and hardware.on_battery:
        threads = min(threads, 4)
    return max(1, threads)


def _logical_cores() -> int:
    try:
        allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    except OSError:
        allowed = os.cpu_count() or 1
    quota = _cgroup_cpus(_CGROUP)
    return max(1, allowed if quota is None else min(allowed, math.ceil(quota)))


def _physical_cores(logical: int) -> int:
    """Physical cores among the ``logical`` usable ones, assuming they are spread evenly."""
    everything = os.cpu_count() or logical
    physical = psutil.cpu_count(logical=False) or everything
    return max(1, min(logical, math.ceil(physical * logical / everything)))


def _cgroup_cpus(root: Path) -> float | None:
    """The container's CPU quota in cores, or None where it has none (control groups version 2, then 1)."""
    limit = _words(root / "cpu.max")
    if len(limit) == 2 and limit[0] != "max":
        return _ratio(limit[0], limit[1])
    quota = _words(root / "cpu" / "cpu.cfs_quota_us")
    period = _words(root / "cpu" / "cpu.cfs_period_us")
    if quota and period and not quota[0].startswith("-"):
        return _ratio(quota[0], period[0])
    return None


def _ratio(quota: str, period: str) -> float | None:
    try:
        return int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        return None


def _memory() -> tuple[int, int]:
    """Total and available bytes, the container's limit included."""
    system = psutil.virtual_memory()
    limit, left = _cgroup_memory(_CGROUP)
    return min(int(system.total), limit), min(int(system.available), left)


def _cgroup_memory(root: Path) -> tuple[int, int]:
    """The container's memory limit and what is left of it; file cache that can be dropped counts as left."""
    for limit_name, used_name, stat_name in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        limit, used = _number(root / limit_name), _number(root / used_name)
        if limit is None or used is None:
            continue
        stat = _table(root / stat_name)
        cache = stat.get("inactive_file", stat.get("total_inactive_file", 0))
        return limit, max(0, limit - max(0, used - cache))
    return _UNLIMITED, _UNLIMITED


def _cpu_flags() -> tuple[str, ...]:
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ("asimd",) if platform.machine().lower() in ("arm64", "aarch64") else ()
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            present = set(value.split())
            return tuple(flag for flag in _FLAGS if flag in present)
    return ()


def _nvidia() -> tuple[Gpu, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=_GPU_QUERY_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return _parse_nvidia(done.stdout)


def _parse_nvidia(text: str) -> tuple[Gpu, ...]:
    """GPUs from ``nvidia-smi``'s CSV (name, total and free MiB); lines that say otherwise are skipped."""
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    return tuple(
        Gpu(row[0], "cuda", int(row[1]) << 20, int(row[2]) << 20)
        for row in rows
        if len(row) == 3 and row[1].isdigit() and row[2].isdigit()
    )


def _metal(memory_total: int) -> tuple[Gpu, ...]:
    """Apple's GPU, which may use about three quarters of the shared memory."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return (Gpu("Apple GPU", "metal", 0, memory_total * 3 // 4),)
    return ()


def _on_battery() -> bool:
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):
        return False
    return battery is not None and battery.power_plugged is False


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if words and words[0].isdigit() else None


def _table(path: Path) -> Mapping[str, int]:
    words = _words(path)
    return {key: int(value) for key, value in zip(words[::2], words[1::2], strict=False) if value.isdigit()}
