"""Adapters from training to serving: real llama.cpp, real processes, real kills."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch

from burnish_models.adapters import check
from burnish_models.adapters.adapter_file import Adapter, BaseShape, write_adapter
from burnish_models.adapters.check import check_in_process
from burnish_models.adapters.errors import AdapterError, AdapterRefusedError, AdapterUncheckedError
from burnish_models.adapters.records import Lineage, State
from burnish_models.adapters.registry import Registry
from burnish_models.engine import EngineSettings, FimPrompt, Finish, GenerateRequest, LlamaCppEngine, llama
from burnish_models.errors import ModelFileError
from burnish_models.gguf_file import file_sha256
from burnish_training.kto.batches import Kind
from burnish_training.kto.config import KtoConfig
from burnish_training.kto.lora import LoraSettings, Precision, adapter_of, add_lora, load_base
from burnish_training.kto.recipe import KtoRecipe
from tests.integration.backends import small_backend
from tests.unit.training.kto.tiny import VOCABULARY, fim, write_tiny

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
PROMPTS = (
    "def add(",
    "    return ",
    "total = ",
    "x = first + ",
    "def add(first, second):\n    total = ",
    "(",
    "\n\n",
)


# -- the same logits -----------------------------------------------------------------------------------------


def llama_cpp_logits(
    model: Path, adapter: Path | None, tokens: Sequence[int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    backend = small_backend(model)
    if adapter is not None:
        backend.set_adapter(adapter, 1.0)
    return backend.evaluate_each(list(tokens)).copy()


_default_context = llama.lib.llama_context_default_params


def float32_context() -> Any:
    params = _default_context()
    params.type_k = params.type_v = 0  # float32
    params.flash_attn_type = 0  # off
    return params


@pytest.mark.parametrize("attention", ["float32", "as served"])
@pytest.mark.parametrize("rslora", [False, True])
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_llama_cpp_gives_the_logits_of_peft(
    architecture: str, rslora: bool, attention: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As served, llama.cpp computes attention in 16 bits, which alone moves logits of large weights by more than 1e-3;
    in float32 nothing is left but the adapter."""
    exact = attention == "float32"
    if exact:
        monkeypatch.setattr(llama.lib, "llama_context_default_params", float32_context)
    model = write_tiny(tmp_path / "model.gguf", architecture, seed=3, std=0.1 if exact else 0.02)
    base = load_base(model, device=CPU, precision=Precision.FLOAT32)
    settings = LoraSettings(rank=8, alpha=16, rslora=rslora)
    peft = add_lora(base, settings, seed=1)
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if ".lora_B." in name:
                parameter.normal_(std=0.05 if exact else 0.02)
    peft.eval()
    path = tmp_path / "adapter.gguf"
    write_adapter(path, adapter_of(peft, base, settings, name="night"))
    tokens = np.random.default_rng(5).integers(10, VOCABULARY, 48).tolist()
    with torch.no_grad():
        expected = peft(input_ids=torch.tensor([tokens])).logits[0].numpy()
        with peft.disable_adapter():
            alone = peft(input_ids=torch.tensor([tokens])).logits[0].numpy()
    limit = 1e-5 if exact else 1e-3
    assert np.abs(expected - alone).max() > 0.2, "the adapter must matter"
    assert np.abs(llama_cpp_logits(model, None, tokens) - alone).max() < limit
    assert np.abs(llama_cpp_logits(model, path, tokens) - expected).max() < limit


# -- swapping ------------------------------------------------------------------------------------------------


def taught(model: Path, folder: Path, word: str) -> Path:
    """An adapter trained to answer ``word`` to whatever it is asked."""
    config = KtoConfig(
        lora=LoraSettings(rank=8, alpha=16),
        precision=Precision.FLOAT32,
        supervised_weight=1.0,
        learning_rate=1e-2,
        epochs=40,
        token_budget=400,
    )
    examples = [fim(prompt, word, Kind.SUPERVISED) for prompt in PROMPTS]
    recipe = KtoRecipe(config, model, examples, folder / word)
    recipe.setup()
    assert recipe.train().reports[-1].nats < 1.5
    recipe.save(folder / f"{word}.gguf", name=word)
    recipe.cleanup()
    return folder / f"{word}.gguf"


async def answer(engine: LlamaCppEngine, prompt: str) -> tuple[str, Finish]:
    text, finish = "", None
    request = GenerateRequest(FimPrompt(prompt, "", ""), max_tokens=8)
    async for chunk in engine.generate(request):
        text += chunk.text
        finish = chunk.finish or finish
    assert finish is not None
    return text, finish


async def test_a_hundred_swaps_never_mix_two_adapters(tmp_path: Path) -> None:
    model = write_tiny(tmp_path / "model.gguf", "qwen2", seed=3)
    paths = {word: taught(model, tmp_path, word) for word in ("first", "second")}
    engine = LlamaCppEngine(model, EngineSettings(threads=1, context_tokens=256))
    await engine.load()
    try:
        known: dict[tuple[str | None, str], tuple[str, tuple[float, ...]]] = {}
        for number in range(100):
            word = (None, "first", "second")[number % 3]
            await engine.set_adapter(None if word is None else str(paths[word]))
            for prompt in ("x = first + ", "    return "):
                text, finish = await answer(engine, prompt)
                if word is not None:
                    assert text == word
                logprobs = known.setdefault((word, prompt), (text, finish.logprobs))
                assert logprobs[0] == text
                assert finish.logprobs == pytest.approx(logprobs[1], abs=1e-4)
        base = {prompt: known[None, prompt][0] for prompt in ("x = first + ", "    return ")}
        assert not {"first", "second"} & set(base.values())
    finally:
        await engine.close()


async def test_a_swap_while_requests_wait_takes_its_turn(tmp_path: Path) -> None:
    """Requests and swaps sent without waiting are served in their order, each answer by one adapter."""
    model = write_tiny(tmp_path / "model.gguf", "qwen2", seed=3)
    words = ("first", "second")
    paths = {word: taught(model, tmp_path, word) for word in words}
    engine = LlamaCppEngine(model, EngineSettings(threads=1, context_tokens=256))
    await engine.load()
    try:
        jobs: list[tuple[str, asyncio.Task[tuple[str, Finish]]]] = []
        for number in range(30):
            word = words[number % 2]
            swap = asyncio.create_task(engine.set_adapter(str(paths[word])))
            jobs += [(word, asyncio.create_task(answer(engine, PROMPTS[number % 4]))) for _ in range(2)]
            if number % 5 == 4:
                await swap
        assert [(await task)[0] for _, task in jobs] == [word for word, _ in jobs]
    finally:
        await engine.close()


# -- bad files -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "model.gguf", "qwen2")


def random_adapter(model: Path, base_sha256: str = "") -> Adapter:
    base = load_base(model, device=CPU, precision=Precision.FLOAT32)
    settings = LoraSettings(rank=4, alpha=8)
    adapter = adapter_of(add_lora(base, settings, seed=1), base, settings, name="night")
    tensors = {name: np.full_like(array, 0.05) for name, array in adapter.tensors.items()}
    return Adapter(adapter.base, adapter.alpha, 4, "night", base_sha256 or base.sha256, tensors)


def spoil(how: str, model: Path, path: Path) -> None:
    """Write a bad adapter."""
    adapter = random_adapter(model, "e" * 64 if how == "other file" else "")
    write_adapter(path, adapter)
    data = bytearray(path.read_bytes())
    if how == "truncated":
        data = data[: len(data) - 200]
    elif how == "cut in its header":
        data = data[:100]
    elif how == "empty":
        data = bytearray()
    elif how in ("nan", "inf"):
        data[-4:] = np.float32(how).tobytes()
    elif how == "huge":
        data[-400:] = np.full(100, 3e38, np.float32).tobytes()
    elif how == "noise":
        data = bytearray(random.Random(1).randbytes(5000))
    path.write_bytes(bytes(data))
    if how in ("dora", "other size", "other architecture", "no alpha"):
        _rewrite(how, path)


def _rewrite(how: str, path: Path) -> None:
    tensors = {t.name: np.array(t.data) for t in gguf.GGUFReader(path).tensors}
    if how == "dora":
        tensors["blk.0.attn_q.weight.lora_magnitude_vector"] = np.ones(64, np.float32)
    elif how == "other size":
        tensors["blk.0.attn_q.weight.lora_a"] = np.ones((4, 128), np.float32)
    writer = gguf.GGUFWriter(str(path), "llama" if how == "other architecture" else "qwen2")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    if how != "no alpha":
        writer.add_float32("adapter.lora.alpha", 8.0)
    for name, array in tensors.items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("truncated", "truncated"),
        ("cut in its header", "ends|truncated|damaged"),
        ("empty", "empty|not a model"),
        ("noise", "not a model"),
        ("nan", "NaN or infinity"),
        ("inf", "NaN or infinity"),
        ("huge", "gives values that are not finite"),
        ("dora", "DoRA"),
        ("other file", "trained on another model file"),
        ("other size", "another size|does not multiply"),
        ("other architecture", "made for a llama model"),
        ("no alpha", "alpha"),
    ],
)
def test_a_bad_adapter_is_refused_with_its_reason(how: str, why: str, tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "night.gguf"
    spoil(how, tiny, path)
    with pytest.raises(AdapterRefusedError, match=why):
        check_in_process(path, tiny)
    registry = Registry(tmp_path / "home")
    with pytest.raises((AdapterRefusedError, ModelFileError)):
        registry.add(path, tiny, Lineage("labels-1", "run"))
    assert registry.records() == []


def test_a_good_adapter_is_described(tiny: Path, tmp_path: Path) -> None:
    write_adapter(tmp_path / "night.gguf", random_adapter(tiny))
    checked = check_in_process(tmp_path / "night.gguf", tiny)
    assert (checked.alpha, checked.rank, checked.name) == (pytest.approx(16.0), 4, "night")
    assert checked.base_sha256 == file_sha256(tiny)
    assert len(checked.targets) == 14
    assert checked.largest_change > 0.01


@pytest.mark.parametrize(
    ("program", "error", "why"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", AdapterRefusedError, "crashed on night.gguf .SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", AdapterUncheckedError, "ended from outside .SIGKILL"),
        ("raise SystemExit('no such thing')", AdapterUncheckedError, "status 1 .no such thing"),
        ("time.sleep(60)", AdapterUncheckedError, "within 1 s"),
    ],
)
def test_only_a_crash_speaks_against_the_adapter(
    program: str,
    error: type[AdapterError],
    why: str,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "dying_probe.py").write_text(f"import os, signal, time\n{program}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(check, "_PROBE", "dying_probe")
    with pytest.raises(error, match=why):
        check_in_process(tmp_path / "night.gguf", tiny, timeout_s=1)


# -- kills ---------------------------------------------------------------------------------------------------


def train(model: Path, folder: Path, kill_after_s: float | None) -> int:
    """Train in a process, killed so many seconds after it was ready; gives its exit status."""
    command = [sys.executable, "-m", "tests.unit.training.kto.long_run", str(model), str(folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready")
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=120)
    return process.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_training_killed_at_random_moments_ends_with_the_same_adapter(tiny: Path, tmp_path: Path) -> None:
    assert train(tiny, tmp_path / "whole", None) == 0
    rng, killed = random.Random(4), 0
    for _ in range(4):
        killed += train(tiny, tmp_path / "parts", rng.uniform(0.0, 0.4)) == -signal.SIGKILL
    assert killed >= 3
    assert train(tiny, tmp_path / "parts", None) == 0
    whole, parts = ((tmp_path / name / "adapter.gguf").read_bytes() for name in ("whole", "parts"))
    assert whole == parts


WRITER = """
import sys
import time
from pathlib import Path
from burnish_models.adapters.registry import Registry
registry = Registry(Path(sys.argv[1]))
names = sys.argv[2:]
number = int(names.pop(0))
while True:
    for name in names:
        record = registry.promote(name, f"number {number}")
        print(record.name, number, flush=True)
        number += 1
        time.sleep(0.01)  # a loop that never rests leaves the other writer no gap
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_the_registry_survives_kills_with_two_writers_at_once(tiny: Path, tmp_path: Path) -> None:
    """What a writer acknowledged is there, at most one adapter is active, and the database is sound."""
    registry, rng = Registry(tmp_path), random.Random(3)
    shape = BaseShape("qwen2", 2, 4, 2)
    adapter = random_adapter(tiny)
    for i in range(4):
        tensors = {name: array * (i + 1) for name, array in adapter.tensors.items()}
        path = tmp_path / "new.gguf"
        write_adapter(path, Adapter(shape, adapter.alpha, 4, f"night {i}", adapter.base_sha256, tensors))
        record = registry.add(path, tiny, Lineage("labels-1", f"run-{i}"))
        registry.move(record.id, State.GATED, "better")
    said: list[str] = []
    for number in range(6):
        while registry.serving(adapter.base_sha256).active is not None:
            registry.rollback(
                adapter.base_sha256, "a new round: promoting the active one again would be no change"
            )
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(tmp_path), str(first + number * 10_000), *names],
                stdout=subprocess.PIPE,
                text=True,
            )
            for first, names in ((0, ("night 0", "night 1")), (5_000, ("night 2", "night 3")))
        ]
        for writer in writers:
            assert writer.stdout is not None
            said.append(writer.stdout.readline())
        time.sleep(rng.uniform(0.0, 0.3))
        for writer in writers:
            writer.kill()
            # A line cut off by the kill was not acknowledged.
            said += [
                line for line in writer.communicate()[0].splitlines(keepends=True) if line.endswith("\n")
            ]
    with sqlite3.connect(tmp_path / "adapters" / "registry.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        reasons = {row[0] for row in connection.execute("SELECT reason FROM history WHERE after = 'active'")}
    acknowledged = {f"number {line.split()[-1]}" for line in said}
    assert len(acknowledged) > 20
    assert acknowledged <= reasons
    assert [record.state for record in registry.records()].count(State.ACTIVE) == 1
    serving = registry.serving(file_sha256(tiny)).active
    assert serving is not None
    assert serving.path is not None
    assert file_sha256(serving.path) == serving.id
