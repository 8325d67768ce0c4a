"""Training throughput: Burnish's KTO recipe against TRL's ``KTOTrainer`` on the same model, data and machine.

    python benchmarks/kto_throughput.py [--model FILE] [--examples N] [--rounds N] [--threads N] [--package NAME]

Both train a LoRA of the same rank on all matrices of the layers, in bf16, on the very same token ids: fill-in-the-middle
prompts cut from an installed package, half of the completions right, half from elsewhere. TRL runs with its defaults and the
same batch size; the supervised term, which TRL lacks, is off. Ours is measured twice: with the log-probabilities of
the reference model still to be computed, as in the first night, and known, as in every later epoch. The rounds alternate.
Printed: examples a second by the wall clock, processor seconds an example, and the ratios.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import torch
import trl
from transformers import AutoTokenizer, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from projects import sources

from burnish_models.selection import resolve_model
from burnish_training.kto.batches import Example, Kind
from burnish_training.kto.config import KtoConfig
from burnish_training.kto.lora import LoraSettings, Precision, add_lora, load_base
from burnish_training.kto.recipe import KtoRecipe
from burnish_training.nightly.replay_fim import replay_cuts
from burnish_training.nightly.workspace import SourceFile

LORA = LoraSettings(rank=16, alpha=16)
BATCH = 8
CPU = torch.device("cpu")


def rows(package: str, count: int) -> list[dict[str, Any]]:
    """Prompts, completions and labels as text."""
    files = [SourceFile("", d.path, d.path, d.text) for d in sources(package)]
    rng = random.Random(1)
    cuts = replay_cuts(files, count, rng, {})
    made = []
    for number, (prompt, middle) in enumerate(cuts):
        text = f"<|fim_prefix|>{prompt.prefix[-1200:]}<|fim_suffix|>{prompt.suffix[:400]}<|fim_middle|>{prompt.typed}"
        right = number % 2 == 0
        made.append({"prompt": text, "completion": middle if right else cuts[number - 1][1], "label": right})
    return made


def trainer_of(model: Path, data: list[dict[str, Any]], folder: str) -> Any:
    """TRL's trainer, ready to run one epoch."""
    loaded: Any = AutoTokenizer.from_pretrained(str(model.parent), gguf_file=model.name)
    end = loaded.eos_token
    coder = PreTrainedTokenizerFast(tokenizer_object=loaded.backend_tokenizer, eos_token=end, pad_token=end)
    base = load_base(model, device=CPU, precision=Precision.BFLOAT16)
    arguments = trl.KTOConfig(
        output_dir=folder,
        per_device_train_batch_size=BATCH,
        num_train_epochs=1,
        max_length=None,
        learning_rate=1e-4,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    return trl.KTOTrainer(
        model=add_lora(base, LORA, seed=0),
        args=arguments,
        train_dataset=datasets.Dataset.from_list(data),
        processing_class=coder,
    )


def measured(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def ours(model: Path, examples: list[Example], folder: Path, references: Path) -> tuple[float, float]:
    """One epoch of Burnish's recipe."""
    config = KtoConfig(
        lora=LORA,
        precision=Precision.BFLOAT16,
        supervised_weight=0.0,
        token_budget=4096,
        examples_per_step=BATCH,
    )
    recipe = KtoRecipe(config, model, examples, folder, references=references, checkpoint_s=1e9)
    recipe.setup()
    spent = measured(recipe.train)
    recipe.cleanup()
    return spent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model")
    parser.add_argument("--examples", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--package", default="jinja2")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = resolve_model(Path.home(), options.model).path
    data = rows(options.package, options.examples)
    spent: dict[str, list[tuple[float, float]]] = {
        "TRL": [],
        "ours, first epoch": [],
        "ours, later epochs": [],
    }
    examples: list[Example] = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            trainer = trainer_of(model, data, folder)
            if not examples:
                kinds = {True: Kind.DESIRABLE, False: Kind.UNDESIRABLE}
                examples = [
                    Example(tuple(r["prompt_ids"]), tuple(r["completion_ids"]), kinds[r["label"]])
                    for r in (trainer.train_dataset[i] for i in range(len(data)))
                ]
                tokens = sum(len(e.prompt) + len(e.completion) for e in examples)
                print(
                    f"{describe()}\n{model.name}, {len(examples)} examples, {tokens} tokens, {options.threads} threads"
                )
            spent["TRL"].append(measured(trainer.train))
            del trainer
            references = Path(folder, "references")
            for name in ("ours, first epoch", "ours, later epochs"):
                spent[name].append(ours(model, examples, Path(folder, name), references))
        for name, values in spent.items():
            print(
                f"round {number + 1}, {name}: {values[-1][0]:.1f} s, {values[-1][1]:.1f} processor s",
                flush=True,
            )
    for name, values in spent.items():
        wall, cpu = (statistics.median(v[i] for v in values) for i in (0, 1))
        print(
            f"{name}: {len(examples) / wall:.2f} examples/s, {cpu / len(examples):.3f} processor s an example; against TRL "
            f"{_ratio(spent, name, 0):.2f} times by the clock, {_ratio(spent, name, 1):.2f} times by processor time"
        )


def _ratio(spent: dict[str, list[tuple[float, float]]], name: str, which: int) -> float:
    """Median over the rounds of TRL's seconds to another's."""
    pairs = zip(spent["TRL"], spent[name], strict=True)
    return statistics.median(theirs[which] / own[which] for theirs, own in pairs)


if __name__ == "__main__":
    main()
