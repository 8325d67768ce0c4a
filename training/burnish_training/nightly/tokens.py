"""Token ids as the engine makes them: the served prompt, and what follows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_models import gguf_file
from burnish_models.engine.base import ContextFile, FimPrompt
from burnish_models.engine.prompt import PromptTokenizer
from burnish_models.errors import ModelUnsupportedError
from burnish_models.gguf_header import read_header
from burnish_telemetry.events import Prompt
from burnish_training.kto.batches import Example, Kind

__all__ = ["ServedTokens", "fim_prompt", "load_tokens", "whole"]


def fim_prompt(prompt: Prompt) -> FimPrompt:
    """A recorded prompt in the engine's form."""
    context = tuple(ContextFile(file.path, file.text) for file in prompt.context)
    return FimPrompt(prompt.prefix, prompt.typed, prompt.suffix, prompt.path, prompt.repository, context)


@dataclass(frozen=True, slots=True)
class ServedTokens:
    """Makes examples of one model.

    ``encode`` gives plain text's ids (special tokens in it stay text), ``decode`` the bytes of one token, ``end`` the
    token that ends a middle.
    """

    prompts: PromptTokenizer
    encode: Callable[[str], list[int]]
    decode: Callable[[int], bytes]
    end: int

    def example(
        self,
        prompt: FimPrompt,
        completion: str,
        kind: Kind,
        *,
        ends: bool,
        room: int,
        longest: int,
        weight: float = 1.0,
    ) -> Example | None:
        """The example of ``completion`` after ``prompt``; ``None`` where it is empty or longer than ``longest`` tokens.

        The served prompt stops at a token border before the cursor, and the first generated tokens spell again what was
        typed since (:mod:`burnish_models.engine.healing`). Here likewise: tokens that lie wholly in the typed text are
        prompt, the one that spans the cursor is learned with the rest.

        Args:
            prompt: as the model saw it.
            completion: what follows ``prompt.typed``.
            kind: what the example is for.
            ends: whether the middle ends with ``completion``, so that an end token follows.
            room: tokens of the prompt at most.
            longest: tokens of the completion at most.
            weight: factor of the example's loss.
        """
        if not completion.strip():
            return None
        served = self.prompts.build(prompt, room)
        ids = self.encode(served.healing + completion)
        typed, left = 0, len(served.healing.encode("utf-8", "replace"))
        while typed < len(ids) and left >= len(piece := self.decode(ids[typed])):
            left -= len(piece)
            typed += 1
        answer = ids[typed:] + ([self.end] if ends else [])
        if len(answer) <= ends or len(answer) > longest:
            return None
        return Example(tuple(served.tokens + ids[:typed]), tuple(answer), kind, weight)


def whole(example: Example, weight: float = 1.0) -> Example:
    """The same tokens with nothing but the first as prompt: a supervised example that learns the prompt's text too."""
    tokens = example.prompt + example.completion
    return Example(tokens[:1], tokens[1:], Kind.SUPERVISED, weight)


def load_tokens(path: Path) -> ServedTokens:
    """The tokenizer of the GGUF file at ``path``; its ids are those of llama.cpp.

    Raises:
        ModelFileError: the file is missing, damaged, or cannot fill in the middle.
    """
    from transformers import AutoTokenizer
    from transformers.utils import logging

    # The run tells its progress itself.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    info = gguf_file.inspect(path)
    if info.fim is None:
        raise ModelUnsupportedError(info.fim_problem)
    if info.tokenizer_model != "gpt2":
        raise ModelUnsupportedError(
            f"{path.name} has a tokenizer of another kind ({info.tokenizer_model}) than the one that training supports "
            "(byte-level BPE). Choose another model, such as Qwen2.5-Coder: burnish models list"
        )
    loaded: Any = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
    backend: Any = loaded.backend_tokenizer
    # Text that looks like a special token is text: a user's file cannot break out of its place.
    backend.encode_special_tokens = True

    def encode(text: str) -> list[int]:
        clean = text.encode("utf-8", "replace").decode("utf-8")
        return list(backend.encode(clean, add_special_tokens=False).ids) if clean else []

    header = read_header(path).metadata
    end = header.get("tokenizer.ggml.eos_token_id")
    if not isinstance(end, int):
        raise ModelUnsupportedError(
            f"{path.name} does not say which token ends a text, so it cannot be trained."
        )
    bos = header.get("tokenizer.ggml.bos_token_id")
    begin = bos if header.get("tokenizer.ggml.add_bos_token") and isinstance(bos, int) else None
    prompts = PromptTokenizer(info.fim, info.token_ids, encode, begin)
    return ServedTokens(prompts, encode, _token_bytes(loaded), end)


def _token_bytes(tokenizer: Any) -> Callable[[int], bytes]:
    """Bytes of a token, by its spelling in a byte-level vocabulary or by what it decodes to."""
    table = _byte_letters()
    names = tokenizer.convert_ids_to_tokens

    def decode(token: int) -> bytes:
        name = str(names(token))
        if all(letter in table for letter in name):
            return bytes(table[letter] for letter in name)
        return str(tokenizer.decode([token])).encode("utf-8")

    return decode


def _byte_letters() -> dict[str, int]:
    """The letters that GPT-2's byte-level vocabularies write bytes with (Radford et al. 2019)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {chr(byte): byte for byte in plain}
    others = (byte for byte in range(256) if byte not in plain)
    return letters | {chr(256 + i): byte for i, byte in enumerate(others)}
