"""The throw-away process that meets an adapter first: ``python -m burnish_models.adapters.probe MODEL ADAPTER``.

Prints one JSON object: ``{"ok": true, …}`` or ``{"ok": false, "reason": …}``. A file that makes llama.cpp crash
takes this process with it and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from burnish_models import gguf_file
from burnish_models.adapters.adapter_file import BaseShape, non_finite, read_adapter
from burnish_models.adapters.errors import AdapterRefusedError
from burnish_models.engine.llama import LlamaBackend
from burnish_models.engine.native_abort import NativeAbortFlag
from burnish_models.errors import ModelsError

__all__ = ["main", "probe"]

_CONTEXT = 128
_TOKENS = 16


def probe(model: Path, path: Path) -> dict[str, Any]:
    """Everything that can be wrong with the adapter at ``path`` on the model file ``model``, tried out.

    Returns: ``{base_sha256, alpha, rank, name, targets, largest_change}``; ``largest_change`` is the largest absolute
    difference of a logit that the adapter makes on a short made-up prompt.

    Raises:
        AdapterRefusedError: not finite, for another base, or without a base.
        ModelsError: damaged, truncated, of another architecture or size, no plain LoRA, or refused by llama.cpp.
    """
    base = gguf_file.inspect(model)
    info = gguf_file.check_adapter(path, base)
    shape = BaseShape(base.architecture, base.block_count, base.head_count, base.head_count_kv)
    adapter = read_adapter(path, shape)
    if adapter.base_sha256 != base.sha256():
        raise AdapterRefusedError(
            f"{path.name} was trained on another model file ({adapter.base_sha256[:12] or 'it does not say which'}), not "
            f"on {model.name} ({base.sha256()[:12]}). Train again on the model in use, or go back to the other model."
        )
    if (bad := non_finite(adapter.tensors)) is not None:
        raise AdapterRefusedError(
            f"{path.name} has values that are not finite (NaN or infinity) in {bad}: the training went wrong. Train again."
        )
    return {
        "base_sha256": adapter.base_sha256,
        "alpha": info.alpha,
        "rank": info.rank,
        "name": adapter.name,
        "targets": list(info.targets),
        "largest_change": _try_out(model, path),
    }


def _try_out(model: Path, path: Path) -> float:
    """Evaluate a few tokens without and with the adapter."""
    backend = LlamaBackend(
        model,
        threads=1,
        batch_threads=1,
        gpu_layers=0,
        context_tokens=_CONTEXT,
        batch_tokens=_TOKENS,
        abort=NativeAbortFlag(),
    )
    tokens = [backend.document_start, *(i % backend.vocabulary_size for i in range(1, _TOKENS))]
    before = backend.evaluate_each(tokens).copy()
    backend.set_adapter(path, 1.0)
    after = backend.evaluate_each(tokens)
    if not np.isfinite(after).all():
        raise AdapterRefusedError(
            f"With {path.name} the model gives values that are not finite: the training went wrong. Train again."
        )
    return float(np.abs(after - before).max())


def main() -> None:
    """Probe and print."""
    sys.stdout.flush()
    private = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # native code may print
    try:
        answer = {"ok": True, **probe(Path(sys.argv[1]), Path(sys.argv[2]))}
    except (ModelsError, OSError, ValueError, RuntimeError, MemoryError) as error:
        answer = {"ok": False, "reason": str(error) or type(error).__name__}
    private.write(json.dumps(answer))
    private.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
