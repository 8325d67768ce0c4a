"""What a machine has: containers, processors and GPUs as the system describes them."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from burnish_models import hardware
from burnish_models.hardware import Gpu, Hardware, describe_hardware, recommended_threads

LAPTOP = Hardware("linux", "x86_64", 8, 16, 32 << 30, 20 << 30, ("avx2",))


def test_this_machine() -> None:
    found = describe_hardware()
    assert 1 <= found.physical_cores <= found.logical_cores <= (os.cpu_count() or 1)
    assert 0 < found.memory_available <= found.memory_total
    assert found.as_dict()["machine"] == found.machine
    assert 1 <= recommended_threads() <= found.physical_cores


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (4, 4), (6, 5), (16, 15)])
def test_threads_leave_room_for_the_editor(cores: int, threads: int) -> None:
    assert recommended_threads(replace(LAPTOP, physical_cores=cores)) == threads


def test_battery_limits_threads() -> None:
    assert recommended_threads(replace(LAPTOP, on_battery=True)) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="affinity masks are Linux's here")
def test_affinity_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    found = describe_hardware(query_gpus=False)
    assert (found.logical_cores, found.physical_cores) == (1, 1)


def folder(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_cpu_quota_of_a_container(tmp_path: Path) -> None:
    assert hardware._cgroup_cpus(tmp_path) is None
    assert hardware._cgroup_cpus(folder(tmp_path / "a", cpu_DOT_max="max 100000\n")) is None
    assert hardware._cgroup_cpus(folder(tmp_path / "b", cpu_DOT_max="150000 100000\n")) == 1.5
    assert hardware._cgroup_cpus(folder(tmp_path / "c", cpu_DOT_max="broken 0\n")) is None
    old = folder(tmp_path / "d", cpu__cpu_DOT_cfs_quota_us="200000\n", cpu__cpu_DOT_cfs_period_us="100000\n")
    assert hardware._cgroup_cpus(old) == 2.0
    free = folder(tmp_path / "e", cpu__cpu_DOT_cfs_quota_us="-1\n", cpu__cpu_DOT_cfs_period_us="100000\n")
    assert hardware._cgroup_cpus(free) is None


def test_quota_rounds_up_to_whole_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_CGROUP", folder(tmp_path, cpu_DOT_max="10000 100000\n"))
    assert hardware._logical_cores() == 1


def test_memory_limit_of_a_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = folder(
        tmp_path,
        memory_DOT_max=f"{1 << 30}\n",
        memory_DOT_current=f"{600 << 20}\n",
        memory_DOT_stat=f"anon 5\ninactive_file {200 << 20}\n",
    )
    monkeypatch.setattr(hardware, "_CGROUP", limited)
    found = describe_hardware(query_gpus=False)
    assert found.memory_total == 1 << 30
    assert found.memory_available == (1 << 30) - (400 << 20)


def test_unlimited_container_has_the_machine_s_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        hardware, "_CGROUP", folder(tmp_path, memory_DOT_max="max\n", memory_DOT_current="5\n")
    )
    assert describe_hardware(query_gpus=False).memory_total > 1 << 28


def test_processor_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        hardware, "_CPUINFO", folder(tmp_path, cpuinfo="model : x\nflags\t\t: fpu avx2 fma sse\n") / "cpuinfo"
    )
    assert hardware._cpu_flags() == ("avx2", "fma")
    monkeypatch.setattr(hardware, "_CPUINFO", folder(tmp_path, arm="Features\t: fp asimd asimddp\n") / "arm")
    assert hardware._cpu_flags() == ("asimd", "asimddp")


def program(tmp_path: Path, script: str) -> str:
    path = tmp_path / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(os.name != "posix", reason="plays nvidia-smi with a shell script")
def test_gpus_from_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def use(script: str) -> tuple[Gpu, ...]:
        found = program(tmp_path, script)
        monkeypatch.setattr(hardware.shutil, "which", lambda _: found)
        return hardware._nvidia()

    monkeypatch.setattr(hardware, "_GPU_QUERY_SECONDS", 30.0)
    assert use("echo 'NVIDIA H100, 81559, 80000'") == (Gpu("NVIDIA H100", "cuda", 81559 << 20, 80000 << 20),)
    assert use("echo 'Odd, [N/A], [N/A]'; echo nonsense") == ()
    assert use("exit 9") == ()
    monkeypatch.setattr(hardware, "_GPU_QUERY_SECONDS", 0.2)
    started = time.perf_counter()
    assert use("exec sleep 20") == ()
    assert time.perf_counter() - started < 15


def test_no_gpu_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware.shutil, "which", lambda _: None)
    assert hardware._nvidia() == ()
