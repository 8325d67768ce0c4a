"""The checks against llama.cpp itself: what passes them loads and runs, and both read the same from it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from burnish_models.errors import ModelFileError
from burnish_models.gguf_file import check, check_adapter, inspect

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "models"))
from gguf_maker import write_adapter, write_model

pytestmark = pytest.mark.integration

#: Loads each model named on stdin (with an adapter after a tab, if any), evaluates two tokens, and says how
#: it went.
CHILD = """
import ctypes, json, sys
import llama_cpp as llama
silent = llama.llama_log_callback(lambda *_: None)
llama.llama_log_set(silent, ctypes.c_void_p(0))
llama.llama_backend_init()
for line in sys.stdin:
    path, _, adapter_path = line.rstrip("\\n").partition("\\t")
    model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
    if not model:
        print("refused", flush=True)
        continue
    vocabulary = llama.llama_model_get_vocab(model)
    params = llama.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_threads = 64, 16, 1
    context = llama.llama_init_from_model(model, params)
    adapter = llama.llama_adapter_lora_init(model, adapter_path.encode()) if adapter_path else None
    if adapter:
        one, scale = (llama.llama_adapter_lora_p_ctypes * 1)(adapter), (ctypes.c_float * 1)(1.0)
        llama.llama_set_adapters_lora(context, one, 1, scale)
    tokens = (llama.llama_token * 2)(1, 2)
    status = llama.llama_decode(context, llama.llama_batch_get_one(tokens, 2))
    print(json.dumps({
        "status": status,
        "adapter": bool(adapter),
        "parameters": llama.llama_model_n_params(model),
        "vocabulary": llama.llama_vocab_n_tokens(vocabulary),
        "prefix": llama.llama_vocab_fim_pre(vocabulary),
        "suffix": llama.llama_vocab_fim_suf(vocabulary),
        "middle": llama.llama_vocab_fim_mid(vocabulary),
    }), flush=True)
    llama.llama_free(context)
    llama.llama_model_free(model)
"""


def run_llama(lines: list[str]) -> list[str]:
    """One answer a line; fails the test where the process dies."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    answers = done.stdout.splitlines()
    assert done.returncode == 0, f"llama.cpp died on {lines[len(answers)]!r}: {done.stderr[-400:]}"
    return answers


def test_both_read_the_same(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf")
    adapter = write_adapter(tmp_path / "a.gguf")
    info = check(path, None, 64)
    check_adapter(adapter, info)
    found = json.loads(run_llama([f"{path}\t{adapter}"])[0])
    assert found == {
        "status": 0,
        "adapter": True,
        "parameters": info.parameters,
        "vocabulary": info.vocabulary_size,
        "prefix": info.token_ids["<|fim_prefix|>"],
        "suffix": info.token_ids["<|fim_suffix|>"],
        "middle": info.token_ids["<|fim_middle|>"],
    }


def test_damaged_files_that_pass_the_checks_do_not_crash_llama(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.gguf")
    adapter = write_adapter(tmp_path / "a.gguf")
    info = inspect(model)
    rng = random.Random(20)
    lines: list[str] = []
    for number in range(400):
        source = model if number % 2 else adapter
        damaged = bytearray(source.read_bytes())
        for _ in range(rng.choice((1, 1, 2, 3))):
            damaged[rng.randrange(4, min(len(damaged), 3600))] = rng.choice((0, 1, 255, rng.randrange(256)))
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(damaged)
        try:
            if source is model:
                check(path, 1 << 40, 64)
                lines.append(str(path))
            else:
                check_adapter(path, info)
                lines.append(f"{model}\t{path}")
        except ModelFileError:
            continue
    assert len(lines) > 50
    assert len(run_llama(lines)) == len(lines)
