"""What training needs before its first step: installed packages, corpus, tokenizer, held-out rows."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from burnish_training.base.corpus import Document, build_corpus, is_data_table, read_documents, requirements
from burnish_training.base.tokenizer import load_tokenizer, train_tokenizer
from burnish_training.errors import CorpusError

__all__ = ["heldout_rows", "install_packages", "prepare"]

_log = logging.getLogger(__name__)
_TOKENIZER_SAMPLE = 24_000_000


def install_packages(folder: Path) -> None:
    """Install the corpus's packages (wheels only, no dependencies) under ``folder``.

    Raises:
        CorpusError: pip failed; the message carries its last line.
    """
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-compile",
        "--only-binary",
        ":all:",
        "--quiet",
        "--target",
        str(folder),
        *requirements(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise CorpusError(f"pip could not install the corpus packages: {last}")


def prepare(
    folder: Path, vocabulary: int, *, install: bool = True
) -> tuple[list[Document], list[Document], Tokenizer]:
    """Training documents, held-out documents and the tokenizer; built once under ``folder`` and reused after.

    Raises:
        CorpusError: packages are missing, cannot be installed, or are not permissively licensed.
    """
    packages, corpus = folder / "packages", folder / "corpus"
    if install and not packages.exists():
        _log.info("installing the corpus packages")
        install_packages(packages)
    if not (corpus / "manifest.json").exists():
        _log.info("building the corpus")
        build_corpus(packages, corpus)
    documents = read_documents(corpus / "train.jsonl")
    heldout = [d for d in read_documents(corpus / "heldout.jsonl") if not is_data_table(d.text)]
    path = folder / "tokenizer.json"
    if not path.exists():
        _log.info("training the tokenizer")
        train_tokenizer(_sample(documents), vocabulary).save(str(path))
    return documents, heldout, load_tokenizer(path)


def _sample(documents: Sequence[Document]) -> list[str]:
    shuffled = list(documents)
    random.Random(0).shuffle(shuffled)
    texts: list[str] = []
    size = 0
    for document in shuffled:
        texts.append(document.text)
        size += len(document.text)
        if size > _TOKENIZER_SAMPLE:
            break
    return texts


def heldout_rows(
    documents: Sequence[Document], tokenizer: Tokenizer, sequence: int, rows: int
) -> NDArray[np.int64]:
    """Rows of held-out text for the validation curve: int64, (rows or fewer, sequence + 1), spread over all files."""
    stream: list[int] = []
    for document in documents:
        stream += tokenizer.encode(document.text, add_special_tokens=False).ids
    count = len(stream) // (sequence + 1)
    if count == 0:
        raise CorpusError("the held-out text is shorter than one sequence: add packages to it")
    table = np.asarray(stream[: count * (sequence + 1)], dtype=np.int64).reshape(count, sequence + 1)
    chosen: NDArray[np.int64] = table[np.linspace(0, count - 1, min(rows, count)).astype(int)]
    return chosen
