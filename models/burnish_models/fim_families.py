"""The families of coder models and how each spells its fill-in-the-middle prompt."""

from __future__ import annotations

from collections.abc import Mapping

from burnish_models.fim_template import FileLayout, FimTemplate

__all__ = ["COMMENTS", "FAMILIES", "KNOWN_TOKENS", "SPELLINGS"]

#: For vocabularies without file markers: what a Python programmer would write.
COMMENTS = FileLayout(lead="# ", inside_prefix=True)

_QWEN_FILES = FileLayout(repo_token="<|repo_name|>", repo_end="\n", file_token="<|file_sep|>")
_PIPED = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
_PLAIN = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>")

#: The families by name, spelled as in their original vocabularies.
FAMILIES: Mapping[str, FimTemplate] = {
    template.family: template
    for template in (
        FimTemplate(
            "qwen2.5-coder",
            *_PIPED,
            layout=_QWEN_FILES,
            stop_tokens=(
                *("<|endoftext|>", "<|im_end|>", "<|fim_pad|>", "<|file_sep|>", "<|repo_name|>"),
                *_PIPED,
            ),
        ),
        FimTemplate(
            "codegemma",
            *_PIPED,
            layout=FileLayout(file_token="<|file_separator|>", token_closes=True),
            stop_tokens=("<|file_separator|>", "<eos>", *_PIPED),
        ),
        FimTemplate(
            "starcoder2",
            *_PLAIN,
            layout=FileLayout(repo_token="<repo_name>", file_token="<file_sep>", path_in_prefix=True),
            stop_tokens=("<|endoftext|>", "<file_sep>", "<repo_name>", "<fim_pad>", *_PLAIN),
        ),
        FimTemplate(
            "deepseek-coder",
            "<｜fim▁begin｜>",
            "<｜fim▁hole｜>",
            "<｜fim▁end｜>",
            layout=FileLayout(lead="#", inside_prefix=True),
            stop_tokens=(
                "<｜end▁of▁sentence｜>",
                "<|EOT|>",
                "<｜fim▁begin｜>",
                "<｜fim▁hole｜>",
                "<｜fim▁end｜>",
            ),
        ),
        FimTemplate(
            "codellama",
            "▁<PRE>",
            "▁<SUF>",
            "▁<MID>",
            layout=COMMENTS,
            stop_tokens=("▁<EOT>", "</s>", "▁<PRE>", "▁<SUF>", "▁<MID>"),
            leading_space=True,
        ),
        FimTemplate(
            "granite",
            *_PIPED,
            layout=COMMENTS,
            stop_tokens=("<|end_of_text|>", "<|fim_pad|>", *_PIPED),
        ),
        FimTemplate(
            "codestral",
            "[PREFIX]",
            "[SUFFIX]",
            None,
            order="spm",
            layout=FileLayout(lead="+++++ ", inside_prefix=True),
            stop_tokens=("</s>", "[PREFIX]", "[SUFFIX]", "[MIDDLE]"),
        ),
        FimTemplate(
            "mellum",
            *_PLAIN,
            order="spm",
            layout=FileLayout(file_token="<filename>"),
            stop_tokens=("<|endoftext|>", "<filename>", "<reponame>", "<fim_pad>", *_PLAIN),
        ),
    )
}

#: Other spellings of a family's markers that converters are known to write.
SPELLINGS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "codellama": ({"▁<PRE>": "<PRE>", "▁<SUF>": "<SUF>", "▁<MID>": "<MID>", "▁<EOT>": "<EOT>"},),
    "granite": (dict(zip(_PIPED, _PLAIN, strict=True)) | {"<|end_of_text|>": "<|endoftext|>"},),
}

#: Every token name a template may ask for; a reader need not look for any other.
KNOWN_TOKENS: frozenset[str] = frozenset(
    name for template in FAMILIES.values() for name in template.special_tokens
) | {name for maps in SPELLINGS.values() for mapping in maps for name in mapping.values()}
