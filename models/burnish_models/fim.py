"""Recognises a model's fill-in-the-middle family from its metadata and vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from burnish_models.errors import ModelCorruptError, ModelUnsupportedError
from burnish_models.fim_families import COMMENTS, FAMILIES, KNOWN_TOKENS, SPELLINGS
from burnish_models.fim_template import FileLayout, FimTemplate, Segment

__all__ = [
    "FAMILIES",
    "KNOWN_TOKENS",
    "FileLayout",
    "FimTemplate",
    "Segment",
    "detect_family",
    "family_from_ids",
]

#: Metadata keys that name the markers' token ids: today's and the older ones.
_ID_KEYS = (
    ("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"),
    ("tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id"),
    ("tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"),
)


def detect_family(metadata: Mapping[str, object], tokens: Sequence[str]) -> FimTemplate:
    """The template for a model, from its GGUF metadata and vocabulary.

    Args:
        metadata: GGUF keys and values; used are ``general.architecture``, ``general.name`` (and its
        relatives),
            ``tokenizer.ggml.fim_*_token_id`` and ``tokenizer.chat_template``.
        tokens: the vocabulary, in order of token id.

    Raises:
        ModelUnsupportedError: the model has no fill-in-the-middle tokens (a chat model, for instance).
        ModelCorruptError: the metadata points outside the vocabulary.
    """
    ids = {name: index for index, name in enumerate(tokens) if name in KNOWN_TOKENS}
    return family_from_ids(metadata, ids, tokens)


def family_from_ids(
    metadata: Mapping[str, object], ids: Mapping[str, int], tokens: Sequence[str]
) -> FimTemplate:
    """Like :func:`detect_family`, with the ids of the :data:`KNOWN_TOKENS` found already."""
    for family in _candidates(metadata):
        template = _spelled(FAMILIES[family], ids)
        if template is not None:
            return _fitted(template, ids)
    named = _named_by_metadata(metadata, tokens)
    if named is not None:
        return FimTemplate("generic", *named, layout=COMMENTS, stop_tokens=named)
    name = metadata.get("general.name") or metadata.get("general.basename") or "this model"
    raise ModelUnsupportedError(
        f"{name!s} has no fill-in-the-middle tokens in its vocabulary: it is a chat-only model and cannot "
        "complete code at the cursor. Choose a base coder model, for example: "
        "burnish models pull qwen2.5-coder-0.5b"
    )


def _candidates(metadata: Mapping[str, object]) -> Iterator[str]:
    """Families to try, the most specific first. Which tokens exist decides; hints settle shared spellings."""
    architecture = str(metadata.get("general.architecture", "")).lower()
    keys = ("general.name", "general.basename", "general.finetune", "general.base_model.0.name")
    names = " ".join(str(metadata.get(key, "")) for key in keys).lower()
    if "mellum" in names:
        yield "mellum"
    if architecture.startswith("granite") or "granite" in names:
        yield "granite"
    if architecture.startswith("gemma"):
        yield "codegemma"
    yield from ("qwen2.5-coder", "starcoder2", "deepseek-coder", "codellama")
    # Chat models of Codestral's maker reserve the same tokens without having learned them.
    if "codestral" in names or "tokenizer.chat_template" not in metadata:
        yield "codestral"


def _spelled(template: FimTemplate, ids: Mapping[str, int]) -> FimTemplate | None:
    """``template`` in the first spelling whose markers are all in the vocabulary."""
    for mapping in ({}, *SPELLINGS.get(template.family, ())):
        if all(mapping.get(marker, marker) in ids for marker in template.markers):
            return replace(
                template,
                prefix_token=mapping.get(template.prefix_token, template.prefix_token),
                suffix_token=mapping.get(template.suffix_token, template.suffix_token),
                middle_token=template.middle_token
                and mapping.get(template.middle_token, template.middle_token),
                stop_tokens=tuple(dict.fromkeys(mapping.get(name, name) for name in template.stop_tokens)),
            )
    return None


def _fitted(template: FimTemplate, ids: Mapping[str, int]) -> FimTemplate:
    """``template`` without the stop tokens and file markers that this vocabulary lacks."""
    layout = template.layout if all(name in ids for name in template.layout.tokens) else COMMENTS
    stops = tuple(name for name in template.stop_tokens if name in ids)
    return replace(template, layout=layout, stop_tokens=stops)


def _named_by_metadata(metadata: Mapping[str, object], tokens: Sequence[str]) -> tuple[str, str, str] | None:
    """The three marker names that the metadata's token ids point at, or None where it names none."""
    names: list[str] = []
    for keys in _ID_KEYS:
        found = [(key, metadata[key]) for key in keys if key in metadata]
        if not found:
            return None
        key, value = found[0]
        if not isinstance(value, int) or not 0 <= value < len(tokens):
            raise ModelCorruptError(
                f"The model's metadata is wrong: {key} is {value!r}, outside the vocabulary of {len(tokens)} "
                "tokens. Download the file again or choose another one."
            )
        names.append(tokens[value])
    prefix, suffix, middle = names
    return prefix, suffix, middle
