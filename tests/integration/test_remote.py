"""Completions from two real servers, and the local model in their place when one is killed in mid-request."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from burnish_models.engine import (
    EngineSettings,
    FimPrompt,
    Finish,
    GenerateRequest,
    LlamaCppEngine,
    StopRules,
)
from burnish_models.engine.base import Engine
from burnish_models.remote.engine import RemoteEngine
from burnish_models.remote.fallback import FallbackEngine
from burnish_models.remote.settings import RemoteSettings

pytestmark = pytest.mark.integration

PREFIX = "def add(first, second):\n    total = first + second\n"
#: Typed parts that end at the end of a token: an endpoint does no token healing.
TYPED = ("    return total", "    return", "", "    for i in range(", "    if first", "    return ", "    ")

LLAMA_SERVER = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.port, p.n_ctx, p.hostnames = sys.argv[1], int(sys.argv[2]), 4096, ["127.0.0.1"]
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.api_keys = [key for key in sys.argv[3:] if key]
server = xllamacpp.Server(p)
sys.stdin.read()
"""


def command(kind: str, model: Path, port: int, key: str) -> list[str]:
    if kind == "llama-server":
        return [sys.executable, "-c", LLAMA_SERVER, str(model), str(port), key]
    options = {"model": model, "host": "127.0.0.1", "port": port, "n_ctx": 4096, "n_threads": 1}
    options |= {"api_key": key} if key else {}
    return [
        *(sys.executable, "-m", "llama_cpp.server"),
        *(part for name, value in options.items() for part in (f"--{name}", str(value))),
    ]


@contextlib.contextmanager
def serving(
    kind: str, model: Path, port: int = 0, key: str = ""
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real server as a process; gives its address once it answers."""
    pytest.importorskip("xllamacpp" if kind == "llama-server" else "llama_cpp.server.app")
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    process = subprocess.Popen(
        command(kind, model, port, key),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        # llama-server lists its models while it still loads them.
        _wait(f"http://127.0.0.1:{port}/{'health' if kind == 'llama-server' else 'v1/models'}", process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        assert process.poll() is None, "the server ended while starting"
        try:
            opener.open(url, timeout=5).close()
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return  # it wants a key, so it is there
            time.sleep(0.1)  # it is loading its model
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not come up within two minutes")


@pytest.fixture(scope="module", params=["llama-server", "llama-cpp-python"])
def server(request: pytest.FixtureRequest, bundled_model: Path) -> Iterator[tuple[str, str]]:
    with serving(request.param, bundled_model) as (url, _):
        yield request.param, url


@pytest_asyncio.fixture
async def remote(server: tuple[str, str]) -> AsyncIterator[RemoteEngine]:
    engine = RemoteEngine(RemoteSettings(server[1]))
    await engine.load()
    yield engine
    await engine.close()


async def answer(engine: Engine, request: GenerateRequest) -> tuple[str, Finish]:
    text, finish = "", None
    async for chunk in engine.generate(request):
        text += chunk.text
        finish = chunk.finish or finish
    assert finish is not None
    return text, finish


def ask(typed: str, prefix: str = PREFIX, **options: object) -> GenerateRequest:
    return GenerateRequest(FimPrompt(prefix, typed, "\n"), **options)  # type: ignore[arg-type]


async def test_it_is_recognised_with_its_model(remote: RemoteEngine, server: tuple[str, str]) -> None:
    info = remote.describe()
    assert (info.state, info.fim_family) == ("ready", "qwen2.5-coder")
    assert info.extra["dialect"] == ("llama-server" if server[0] == "llama-server" else "openai")
    assert info.model.startswith("burnish-nano")


async def test_lines_and_confidence_are_those_of_the_local_engine(
    remote: RemoteEngine, bundled_model: Path
) -> None:
    """The same file, so the same text; its probability differs by token healing and a few summed-up tails."""
    local = LlamaCppEngine(bundled_model, EngineSettings(threads=1, context_tokens=4096))
    await local.load()
    compared = 0
    for typed in TYPED:
        here, there = await answer(local, ask(typed)), await answer(remote, ask(typed))
        if here[0] != there[0]:
            continue
        compared += 1
        assert there[1].reason == here[1].reason == "stop"
        sums = [sum(finish.logprobs) for finish in (here[1], there[1])]
        healed = bool(typed)
        assert abs(sums[0] - sums[1]) < (1.5 if healed else 0.1), (typed, sums)
    assert compared >= len(TYPED) - 1
    await local.close()


async def test_a_block_obeys_the_stop_rules(remote: RemoteEngine) -> None:
    stop = StopRules(single_line=False, max_lines=3, min_indent=4)
    text, finish = await answer(remote, ask("    for i in range(", stop=stop, max_tokens=200))
    assert finish.reason == "stop"
    assert 1 <= len([line for line in text.split("\n")[1:] if line.strip()]) <= 3
    assert all(line.startswith("    ") for line in text.split("\n")[1:] if line.strip())


async def test_a_withdrawn_request_stops_the_server_soon(remote: RemoteEngine) -> None:
    """The next one does not wait for 3,000 tokens nobody wants."""
    long = ask("", max_tokens=3000, stop=StopRules(single_line=False, max_lines=999), ignore_end=True)
    stream = remote.generate(long)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    began = time.monotonic()
    text, _ = await answer(remote, ask("    return"))
    assert text
    assert time.monotonic() - began < 5


async def test_killed_in_mid_request_ten_times_the_local_model_takes_over(
    server: tuple[str, str], bundled_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = [await _takeover(server[0], bundled_model) for _ in range(10)]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{server[0]}: kill -9 to the local model's text, 10 tries: "
            f"median {statistics.median(waits) * 1000:.0f} ms, max {max(waits) * 1000:.0f} ms\n"
        )
    assert max(waits) < 1.0


async def _takeover(kind: str, model: Path) -> float:
    """Seconds from kill -9 in the middle of an answer to the next text, which the local model wrote."""
    with serving(kind, model) as (url, process):
        engine = FallbackEngine(
            lambda notify: RemoteEngine(RemoteSettings(url, retries=1, backoff_s=0.1), on_state=notify),
            lambda notify: LlamaCppEngine(
                model, EngineSettings(threads=1, context_tokens=4096), on_state=notify
            ),
            patience_s=60.0,  # a busy machine is not what is tried here
        )
        await engine.load()
        await engine.set_adapter(None)  # waits until the local model is ready too
        stop = StopRules(single_line=False, max_lines=500)
        stream = engine.generate(ask("", prefix=PREFIX * 20, max_tokens=2000, stop=stop, ignore_end=True))
        assert (await anext(stream)).text
        assert engine.remote_serves
        os.kill(process.pid, signal.SIGKILL)
        killed = time.monotonic()
        while engine.remote_serves:
            chunk = await anext(stream)
        while not chunk.text:
            chunk = await anext(stream)
        waited = time.monotonic() - killed
        await stream.aclose()  # type: ignore[attr-defined]
        info = engine.describe()
        assert "in place of 127.0.0.1" in info.backend
        assert info.detail
        await engine.close()
        return waited


async def test_the_server_comes_back_and_serves_again(server: tuple[str, str], bundled_model: Path) -> None:
    kind = server[0]
    with serving(kind, bundled_model) as (url, process):
        engine = FallbackEngine(
            lambda notify: RemoteEngine(RemoteSettings(url, retries=0), on_state=notify),
            lambda notify: LlamaCppEngine(
                bundled_model, EngineSettings(threads=1, context_tokens=4096), on_state=notify
            ),
            first_pause_s=0.2,
        )
        await engine.load()
        assert (await answer(engine, ask("    return")))[0]
        assert engine.describe().extra["serving"] == "remote"
        process.kill()
        process.wait()
        assert (await answer(engine, ask("    return")))[0]
        assert engine.describe().extra["serving"] == "local"
        with serving(kind, bundled_model, int(url.rpartition(":")[2])):
            ends = time.monotonic() + 60
            while engine.describe().extra["serving"] == "local" and time.monotonic() < ends:
                await asyncio.sleep(0.2)
                assert (await answer(engine, ask("    return")))[0]
            assert engine.describe().extra["serving"] == "remote"
        await engine.close()
