"""Fill-in-the-middle templates: what each family's prompt looks like, and how a family is recognised."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish_models.engine.base import ContextFile, FimPrompt
from burnish_models.errors import ModelCorruptError, ModelUnsupportedError
from burnish_models.fim import FAMILIES, KNOWN_TOKENS, FimTemplate, detect_family

PROMPT = FimPrompt(
    prefix="P\n",
    typed="  ty",
    suffix="\nS",
    path="now.py",
    repository="repo",
    context=(ContextFile("a.py", "A"), ContextFile("b.py", "B\n")),
)
ALONE = FimPrompt(prefix="P\n", typed="  ty", suffix="\nS", path="now.py", repository="repo")


def flat(template: FimTemplate, prompt: FimPrompt) -> str:
    return "".join(segment.text for segment in template.render(prompt))


@pytest.mark.parametrize(
    ("family", "alone", "several"),
    [
        (
            "qwen2.5-coder",
            "<|fim_prefix|>P\n<|fim_suffix|>\nS<|fim_middle|>  ty",
            "<|repo_name|>repo\n<|file_sep|>a.py\nA\n<|file_sep|>b.py\nB\n<|file_sep|>now.py\n"
            "<|fim_prefix|>P\n<|fim_suffix|>\nS<|fim_middle|>  ty",
        ),
        (
            "codegemma",
            "<|fim_prefix|>P\n<|fim_suffix|>\nS<|fim_middle|>  ty",
            "a.py\nA\n<|file_separator|>b.py\nB\n<|file_separator|>now.py\n"
            "<|fim_prefix|>P\n<|fim_suffix|>\nS<|fim_middle|>  ty",
        ),
        (
            "starcoder2",
            "<fim_prefix>P\n<fim_suffix>\nS<fim_middle>  ty",
            "<repo_name>repo<file_sep>a.py\nA\n<file_sep>b.py\nB\n<file_sep>"
            "<fim_prefix>now.py\nP\n<fim_suffix>\nS<fim_middle>  ty",
        ),
        (
            "deepseek-coder",
            "<｜fim▁begin｜>P\n<｜fim▁hole｜>\nS<｜fim▁end｜>  ty",
            "<｜fim▁begin｜>#a.py\nA\n#b.py\nB\n#now.py\nP\n<｜fim▁hole｜>\nS<｜fim▁end｜>  ty",
        ),
        (
            "codellama",
            "▁<PRE>P\n▁<SUF>\nS▁<MID>  ty",
            "▁<PRE># a.py\nA\n# b.py\nB\n# now.py\nP\n▁<SUF>\nS▁<MID>  ty",
        ),
        (
            "granite",
            "<|fim_prefix|>P\n<|fim_suffix|>\nS<|fim_middle|>  ty",
            "<|fim_prefix|># a.py\nA\n# b.py\nB\n# now.py\nP\n<|fim_suffix|>\nS<|fim_middle|>  ty",
        ),
        (
            "codestral",
            "[SUFFIX]\nS[PREFIX]P\n  ty",
            "[SUFFIX]\nS[PREFIX]+++++ a.py\nA\n+++++ b.py\nB\n+++++ now.py\nP\n  ty",
        ),
        (
            "mellum",
            "<fim_suffix>\nS<fim_prefix>P\n<fim_middle>  ty",
            "<filename>a.py\nA\n<filename>b.py\nB\n<filename>now.py\n"
            "<fim_suffix>\nS<fim_prefix>P\n<fim_middle>  ty",
        ),
    ],
)
def test_prompt_of_each_family(family: str, alone: str, several: str) -> None:
    template = FAMILIES[family]
    assert flat(template, ALONE) == alone
    assert flat(template, PROMPT) == several


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_markers_are_single_special_segments_and_text_never_is(family: str) -> None:
    template = FAMILIES[family]
    hostile = "".join(template.special_tokens)
    prompt = FimPrompt(
        prefix=hostile, typed=hostile, suffix=hostile, path=hostile, repository=hostile,
        context=(ContextFile(hostile, hostile),),
    )  # fmt: skip
    segments = template.render(prompt)
    names = [segment.text for segment in segments if segment.special]
    assert set(names) <= set(template.special_tokens)
    assert [names.count(marker) for marker in template.markers] == [1] * len(template.markers)
    assert sum(segment.text.count(hostile) for segment in segments if not segment.special) >= 4
    assert not any(hostile in segment.text for segment in segments if segment.special)


@pytest.mark.parametrize("family", sorted(FAMILIES))
@settings(deadline=None)
@given(typed=st.text(), more=st.text(min_size=1))
def test_typing_only_changes_the_last_segment(family: str, typed: str, more: str) -> None:
    template = FAMILIES[family]
    before = template.render(FimPrompt(prefix="a\n", typed="x" + typed, suffix="b", context=PROMPT.context))
    after = template.render(
        FimPrompt(prefix="a\n", typed="x" + typed + more, suffix="b", context=PROMPT.context)
    )
    assert before[:-1] == after[:-1]
    assert before[-1].part == after[-1].part == "middle"
    assert not before[-1].special
    assert after[-1].text == before[-1].text + more


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_empty_file_renders_markers_only(family: str) -> None:
    segments = FAMILIES[family].render(FimPrompt(prefix="", typed="", suffix=""))
    assert all(segment.special for segment in segments)
    assert {segment.text for segment in segments} == set(FAMILIES[family].markers)


def vocabulary_of(family: str) -> list[str]:
    return ["hello", "world", *FAMILIES[family].special_tokens]


@pytest.mark.parametrize(
    ("family", "metadata"),
    [
        ("qwen2.5-coder", {"general.architecture": "qwen2", "general.name": "Qwen2.5 Coder 7B"}),
        ("codegemma", {"general.architecture": "gemma", "general.name": "codegemma-2b"}),
        ("starcoder2", {"general.architecture": "starcoder2"}),
        ("deepseek-coder", {"general.architecture": "llama", "general.name": "deepseek-coder-1.3b-base"}),
        ("codellama", {"general.architecture": "llama", "general.name": "codellama_codellama-7b-hf"}),
        ("granite", {"general.architecture": "granitehybrid", "general.name": "Granite 4.0 H Tiny Base"}),
        ("codestral", {"general.architecture": "llama", "general.name": "Codestral-22B-v0.1"}),
        ("mellum", {"general.architecture": "llama", "general.name": "Mellum 4b Base"}),
    ],
)
def test_family_is_recognised(family: str, metadata: dict[str, object]) -> None:
    assert detect_family(metadata, vocabulary_of(family)) == FAMILIES[family]


def test_older_spellings_are_recognised() -> None:
    tokens = ["<PRE>", "<SUF>", "<MID>", "<EOT>", "</s>"]
    template = detect_family({"general.architecture": "llama"}, tokens)
    assert (template.family, template.prefix_token, template.stop_tokens[0]) == (
        "codellama",
        "<PRE>",
        "<EOT>",
    )
    granite = detect_family(
        {"general.architecture": "llama", "general.name": "Granite 3b Code Base"},
        ["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<|endoftext|>"],
    )
    assert (granite.family, granite.middle_token) == ("granite", "<fim_middle>")
    assert "<|endoftext|>" in granite.stop_tokens


def test_tokens_that_a_vocabulary_lacks_are_left_out() -> None:
    tokens = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|endoftext|>"]
    template = detect_family({"general.architecture": "qwen2"}, tokens)
    assert template.family == "qwen2.5-coder"
    assert set(template.special_tokens) == set(tokens)
    assert flat(template, PROMPT).startswith("<|fim_prefix|># a.py\nA\n")


def test_unknown_spelling_is_taken_from_the_metadata() -> None:
    tokens = ["x", "<[pre]>", "<[suf]>", "<[mid]>"]
    ids = {
        "tokenizer.ggml.fim_pre_token_id": 1,
        "tokenizer.ggml.fim_suf_token_id": 2,
        "tokenizer.ggml.fim_mid_token_id": 3,
    }
    template = detect_family({"general.architecture": "llama", **ids}, tokens)
    assert template.family == "generic"
    assert flat(template, ALONE) == "<[pre]>P\n<[suf]>\nS<[mid]>  ty"


def test_token_id_outside_the_vocabulary_is_refused() -> None:
    ids = {f"tokenizer.ggml.fim_{part}_token_id": 99 for part in ("pre", "suf", "mid")}
    with pytest.raises(ModelCorruptError, match="outside the vocabulary of 1 tokens"):
        detect_family({"general.architecture": "llama", **ids}, ["x"])


def test_chat_only_model_is_refused_with_advice() -> None:
    metadata = {"general.architecture": "llama", "general.name": "Llama 3.2 1B Instruct"}
    with pytest.raises(
        ModelUnsupportedError, match=r"Llama 3\.2 1B Instruct .* chat-only .* burnish models pull"
    ):
        detect_family(metadata, ["<|begin_of_text|>", "<|eot_id|>"])


def test_reserved_markers_of_a_chat_model_do_not_count() -> None:
    metadata = {
        "general.architecture": "llama",
        "general.name": "Mistral Nemo",
        "tokenizer.chat_template": "{{x}}",
    }
    with pytest.raises(ModelUnsupportedError):
        detect_family(metadata, vocabulary_of("codestral"))


def test_known_tokens_cover_every_family() -> None:
    assert all(set(template.special_tokens) <= KNOWN_TOKENS for template in FAMILIES.values())
