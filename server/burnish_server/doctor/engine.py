"""Checks of llama.cpp and of the model that would be served."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from pathlib import Path

from burnish_models.engine.base import FimPrompt, GenerateRequest
from burnish_models.errors import ModelsError
from burnish_models.memory import readable_bytes
from burnish_server.doctor.check import Check
from burnish_server.engine_parts import default_build, default_resolve
from burnish_server.settings import EngineOptions

__all__ = ["check_llama", "check_model", "check_smoke_load"]

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 90.0
#: Run in its own process: a broken build may crash, and this process must not load the library.
_PROBE = """
import json, llama_cpp
print(json.dumps([llama_cpp.__version__, llama_cpp.llama_print_system_info().decode()]))
"""
_INSTALL = f"{sys.executable} -m pip install --force-reinstall --no-deps llama-cpp-python"


def check_llama() -> Check:
    """Whether llama.cpp loads, and for which CPU features and backends it was built."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("llama.cpp", False, f"The probe did not finish: {error}", _INSTALL)
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        told = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return Check("llama.cpp", False, f"It does not load: {told[-1]}", _INSTALL)
    number, features = json.loads(lines[-1])
    on = [item.split("=")[0].strip() for item in features.split("|") if item.strip().endswith("= 1")]
    return Check("llama.cpp", True, f"llama-cpp-python {number}; {', '.join(on) or 'no CPU features named'}")


def check_model(home: Path) -> Check:
    """Whether the model file that would be served is there and sound."""
    from burnish_models.gguf_file import check

    try:
        served = default_resolve(home, None)
        check(served.path, None, 1)
        size = served.path.stat().st_size
    except (ModelsError, OSError) as error:
        return Check("model file", False, str(error), "burnish models list")
    note = f" ({served.note})" if served.note else ""
    return Check("model file", True, f"{served.name}: {served.path}, {readable_bytes(size)}{note}")


def check_smoke_load(home: Path) -> Check:
    """Whether the engine loads that model and generates from it."""
    try:
        seconds, words = asyncio.run(asyncio.wait_for(_load_and_ask(home), _TIMEOUT_SECONDS))
    except TimeoutError:
        return Check("engine", False, f"no answer in {_TIMEOUT_SECONDS:.0f} s", "burnish doctor")
    except (ModelsError, OSError, ImportError) as error:
        return Check("engine", False, str(error), "burnish models use burnish-nano")
    return Check("engine", True, f"loaded and answered in {seconds:.1f} s ({words})")


async def _load_and_ask(home: Path) -> tuple[float, str]:
    started = time.monotonic()
    served = default_resolve(home, None)
    log_file = home / "logs" / "engine.log"
    engine = default_build(served.path, EngineOptions(context_tokens=512), log_file, lambda _: None)
    try:
        await engine.load()
        prompt = FimPrompt(prefix="import os\n\n", typed="print(", suffix=")\n")
        generated = 0
        async for chunk in engine.generate(GenerateRequest(prompt, max_tokens=4)):
            if chunk.finish is not None:
                generated = chunk.finish.generated_tokens
        info = engine.describe()
    finally:
        await engine.close()
    return time.monotonic() - started, f"{info.backend}, {info.threads} threads, {generated} tokens"
