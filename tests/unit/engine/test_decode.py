from __future__ import annotations

from burnish_models.engine.base import FimPrompt, Finish, GenerateRequest, StopRules
from burnish_models.engine.decode import Decoder
from burnish_models.engine.prompt import PromptTokenizer
from burnish_models.fim import FAMILIES
from tests.unit.engine.scripted import PIECES, Flag, ScriptedBackend, token, vocabulary

SPECIAL = {"<|fim_prefix|>": 900, "<|fim_suffix|>": 901, "<|fim_middle|>": 902}


def tokenize(text: str) -> list[int]:
    """Greedy longest match, one token a character where nothing longer fits."""
    data, out = text.encode(), []
    while data:
        best = max((p for p in PIECES if p and data.startswith(p)), key=len, default=None)
        out.append(1000 + data[0] if best is None else token(best))
        data = data[1 if best is None else len(best) :]
    return out


def decoder(backend: ScriptedBackend, flag: Flag | None = None, cache_bytes: int = 0) -> Decoder:
    prompts = PromptTokenizer(FAMILIES["qwen2.5-coder"], SPECIAL, tokenize)
    return Decoder(backend, vocabulary(), prompts, flag or Flag(), cache_bytes)


def run(
    backend: ScriptedBackend, typed: str, *, decode: Decoder | None = None, **options: object
) -> tuple[str, Finish]:
    pieces: list[str] = []
    request = GenerateRequest(FimPrompt("x\n", typed, "\ny"), **options)  # type: ignore[arg-type]
    finish = (decode or decoder(backend)).run(request, pieces.append)
    return "".join(pieces), finish


def test_healing_spells_the_typed_part_again_and_returns_only_the_rest() -> None:
    backend = ScriptedBackend(
        [{b" return": 0.7, b" ret": 0.1, b"x": 0.2}, {b" x": 0.9, b"y": 0.1}, {b"\n": 0.9, b"y": 0.1}]
    )
    text, finish = run(backend, "   retu")
    assert text == "rn x"
    assert finish.reason == "stop"
    assert finish.generated_tokens == 3 == len(finish.logprobs)


def test_healing_may_take_several_short_tokens() -> None:
    backend = ScriptedBackend(
        [{b" ret": 0.9, b" return": 0.1}, {b"u": 0.6, b"urn": 0.4}, {b"r": 0.9}, {b"\n": 1.0}]
    )
    text, _ = run(backend, " retu")
    assert text == "r"


def test_typing_one_more_character_evaluates_only_what_is_new() -> None:
    backend = ScriptedBackend([{b"(": 1.0}, {b"\n": 1.0}] * 2)
    decode = decoder(backend)
    run(backend, "x(", decode=decode)
    evaluated_before = len(backend.evaluated)
    _, finish = run(backend, "x(x(", decode=decode)
    assert finish.cached_tokens >= finish.prompt_tokens - 3
    assert len(backend.evaluated[evaluated_before]) == finish.prompt_tokens - finish.cached_tokens


def test_an_aborted_prefill_keeps_what_was_evaluated() -> None:
    backend = ScriptedBackend([{b"x": 1.0}, {b"\n": 1.0}], abort_after=2)
    flag = Flag()
    flag.set("cancelled")
    decode = decoder(backend, flag)
    text, finish = run(backend, "x", decode=decode)
    assert (text, finish.reason, finish.generated_tokens) == ("", "cancelled", 0)
    backend.abort_after = None
    _, finish = run(backend, "x", decode=decode)
    assert finish.cached_tokens == 2


def test_half_a_character_is_never_emitted() -> None:
    backend = ScriptedBackend([{b"\xc3": 1.0}, {b"\xa9": 1.0}, {b"\n": 1.0}])
    pieces: list[str] = []
    decoder(backend).run(GenerateRequest(FimPrompt("", "", "")), pieces.append)
    assert "".join(pieces) == "é"


def test_length_and_trailing_space_are_flushed_at_the_end() -> None:
    backend = ScriptedBackend([{b"x": 1.0}, {b" ": 1.0}])
    text, finish = run(backend, "", max_tokens=2)
    assert (text, finish.reason) == ("x ", "length")


def test_multi_line_stops_before_a_line_that_leaves_the_scope() -> None:
    script = [{b"x": 1.0}, {b"\n": 1.0}, {b"    ": 1.0}, {b"y": 1.0}, {b"\n": 1.0}, {b"x": 1.0}]
    text, finish = run(ScriptedBackend(script), "", stop=StopRules(single_line=False, min_indent=4))
    assert (text, finish.reason) == ("x\n    y", "stop")


def test_warming_generates_nothing() -> None:
    backend = ScriptedBackend([])
    text, finish = run(backend, "x", generate=False)
    assert (text, finish.generated_tokens, finish.logprobs) == ("", 0, ())
    assert backend.length() == finish.prompt_tokens


def test_a_prompt_that_does_not_fit_loses_its_far_ends_first() -> None:
    prompts = PromptTokenizer(FAMILIES["qwen2.5-coder"], SPECIAL, tokenize)
    long = FimPrompt("x" * 2000, "u", "y" * 2000)
    built = prompts.build(long, 600)
    assert len(built.tokens) <= 600
    # What is nearest to the cursor stays: the prefix's end, the suffix's start, the typed part.
    assert built.tokens[0] == 900
    assert built.tokens[-1] == 902
    assert built.healing == "u"
    assert token(b"y") in built.tokens
    assert token(b"x") in built.tokens
