"""Byte-level BPE with Qwen2's split expression and special tokens, trained on the corpus."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

__all__ = ["QWEN2_SPLIT", "SPECIAL_TOKENS", "Specials", "load_tokenizer", "train_tokenizer"]

#: Qwen2's pre-tokenizer expression; llama.cpp applies the same one for ``tokenizer.ggml.pre = "qwen2"``.
QWEN2_SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
)


class Specials:
    """Ids of the special tokens of a trained tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        ids = [i for token in SPECIAL_TOKENS if (i := tokenizer.token_to_id(token)) is not None]
        if len(ids) != len(SPECIAL_TOKENS):
            raise ValueError("the tokenizer lacks one of the special tokens")
        (
            self.end,
            self.im_start,
            self.im_end,
            self.prefix,
            self.middle,
            self.suffix,
            self.pad,
            self.repo,
            self.file,
        ) = ids


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Train a byte-level BPE tokenizer of ``vocabulary`` tokens, the special ones included and placed last."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        min_frequency=2,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """Load a tokenizer saved with ``Tokenizer.save``."""
    return Tokenizer.from_file(str(path))
