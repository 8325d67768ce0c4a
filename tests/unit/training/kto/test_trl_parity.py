"""The loss and its gradients are those of TRL's KTOTrainer on the same batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from burnish_training.base.tokenizer import Specials
from burnish_training.kto.batches import Example, Kind, Row
from burnish_training.kto.config import KtoConfig
from burnish_training.kto.lora import LoraSettings, Precision, add_lora, load_base
from burnish_training.kto.objective import Objective
from burnish_training.kto.reference import ReferenceCache
from tests.unit.training.kto.tiny import tokenizer

trl = pytest.importorskip("trl")
datasets = pytest.importorskip("datasets")

CPU = torch.device("cpu")
LORA = LoraSettings(rank=4, alpha=8)
ROWS = [
    {"prompt": "def add(first, ", "completion": "second):", "label": True},
    {"prompt": "total = ", "completion": "first + second", "label": False},
    {
        "prompt": "def add(first, second):\n    total = first\n    return ",
        "completion": "total",
        "label": True,
    },
    {"prompt": "    return ", "completion": "first, second, total and first + second", "label": False},
    {"prompt": "def ", "completion": "add(first, second):\n    total = first", "label": True},
]


def fresh_model(path: Path) -> Any:
    base = load_base(path, device=CPU, precision=Precision.FLOAT32)
    return add_lora(base, LORA, seed=0)


def move_away(model: Any, seed: int) -> None:
    """Make the policy differ from the reference; TRL keeps a copy of the adapter it was given as the reference."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_B.default." in name:
                parameter.normal_(std=0.05)


def trainer_of(model: Any, folder: Path, config: KtoConfig) -> Any:
    end = tokenizer().id_to_token(Specials(tokenizer()).end)
    coder = PreTrainedTokenizerFast(tokenizer_object=tokenizer(), eos_token=end, pad_token=end)
    arguments = trl.KTOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=len(ROWS),
        beta=config.beta,
        desirable_weight=config.desirable_weight,
        undesirable_weight=config.undesirable_weight,
        max_length=None,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        report_to="none",
    )
    return trl.KTOTrainer(
        model=model, args=arguments, train_dataset=datasets.Dataset.from_list(ROWS), processing_class=coder
    )


@pytest.mark.parametrize(("seed", "weights"), [(1, (1.0, 1.0)), (2, (1.3, 0.8)), (3, (1.2, 0.9))])
@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_loss_and_gradients_equal_trl(
    architecture: str,
    seed: int,
    weights: tuple[float, float],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    path = request.getfixturevalue(architecture)
    config = KtoConfig(
        lora=LORA, beta=0.1, desirable_weight=weights[0], undesirable_weight=weights[1], supervised_weight=0
    )
    theirs = fresh_model(path)
    trainer = trainer_of(theirs, tmp_path, config)
    move_away(theirs, seed)
    rows = [trainer.train_dataset[i] for i in range(len(ROWS))]
    expected = trainer._compute_loss(theirs, trainer.data_collator(rows), False)
    expected.backward()
    expected_kl = trainer._metrics["train"]["kl"][-1]

    ours = fresh_model(path)
    move_away(ours, seed)
    kinds = {True: Kind.DESIRABLE, False: Kind.UNDESIRABLE}
    examples = [Example(tuple(r["prompt_ids"]), tuple(r["completion_ids"]), kinds[r["label"]]) for r in rows]
    batch = tuple(Row(i, (i - 1) % len(rows)) for i in range(len(rows)))
    assert [list(examples[row.partner or 0].completion) for row in batch] == [
        r["KL_completion_ids"] for r in rows
    ]
    figures = Objective(ours, examples, config, ReferenceCache(tmp_path, "m", "float32"), CPU).backward(
        [batch]
    )

    assert (expected_kl > 0.05) == (seed == 3), "both a clamped z and a positive one are to be compared"
    assert figures.kl == pytest.approx(expected_kl, abs=1e-4)
    assert figures.loss == pytest.approx(expected.item(), abs=1e-4)
    gradients = {name: p.grad for name, p in theirs.named_parameters() if p.requires_grad}
    largest = 0.0
    for name, parameter in ours.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None
            largest = max(largest, float(parameter.grad.abs().max()))
            torch.testing.assert_close(parameter.grad, gradients[name], atol=1e-4, rtol=1e-4)
    assert largest > 1e-3
