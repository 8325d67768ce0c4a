from __future__ import annotations

import math

import pytest

from burnish_models.engine.base import ContextFile, FimPrompt, GenerateRequest, StopRules
from burnish_models.fim_families import FAMILIES
from burnish_models.remote.answer import AnswerText
from burnish_models.remote.dialects import Target, Token, parse_event, render, request_body
from burnish_models.remote.probe import family_of_name
from burnish_models.remote.settings import DIALECTS, RemoteSettings, is_loopback, normalise_url, origin_of
from burnish_models.remote.transport import backoff
from burnish_server.settings import EndpointOptions, read_settings
from burnish_server.team import EndpointKeys

QWEN = FAMILIES["qwen2.5-coder"]


def log(probability: float) -> float:
    return math.log(probability)


class TestAddress:
    @pytest.mark.parametrize(
        ("given", "base", "origin"),
        [
            ("http://h:8080", "http://h:8080", "http://h:8080"),
            (" http://h/v1/ ", "http://h", "http://h"),
            ("https://H.org:443/llm/v1/completions", "https://H.org:443/llm", "https://h.org"),
            ("http://[::1]:11434/api/generate", "http://[::1]:11434", "http://[::1]:11434"),
        ],
    )
    def test_what_people_paste(self, given: str, base: str, origin: str) -> None:
        assert normalise_url(given) == base
        assert origin_of(given) == origin

    @pytest.mark.parametrize(
        "url", ["", "h:8080", "ftp://h", "http://", "http://u:p@h", "http://h?key=1", "http://h:x"]
    )
    def test_no_address(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"(?i)address|port"):
            RemoteSettings(url)

    def test_a_password_in_it_is_not_repeated(self) -> None:
        with pytest.raises(ValueError) as caught:
            RemoteSettings("ftp://user:hunter2@h")
        assert "hunter2" not in str(caught.value)

    def test_loopback(self) -> None:
        assert all(
            map(
                is_loopback,
                ["http://localhost:1", "http://127.9.9.9", "http://[::1]:3", "http://a.localhost"],
            )
        )
        assert not any(map(is_loopback, ["http://10.0.0.1", "http://localhost.example.org", "http://h"]))


class TestSettings:
    def test_read_and_checked_at_the_edge(self) -> None:
        raw = {"engine": {"endpoint": {"url": "http://h:1", "dialect": "vllm", "maxConcurrent": 4}}}
        settings, problems = read_settings(raw)
        assert problems == []
        assert settings.engine.endpoint == EndpointOptions(url="http://h:1", dialect="vllm", max_concurrent=4)

    def test_bad_values_are_named_and_send_nothing_anywhere(self) -> None:
        raw = {"engine": {"endpoint": {"url": "h:1", "dialect": "x", "fimFamily": "y", "maxConcurrent": 0}}}
        settings, problems = read_settings(raw)
        assert settings.engine.endpoint == EndpointOptions()
        assert [problem.partition(":")[0].rpartition(".")[2] for problem in problems] == [
            "url",
            "dialect",
            "fimFamily",
            "maxConcurrent",
        ]

    def test_a_key_goes_to_its_origin_only(self) -> None:
        keys = EndpointKeys()
        assert keys.put("https://h/v1", " k ")
        assert not keys.put("https://h:443", "k")
        assert keys.get("https://h/llm") == "k"
        assert keys.get("http://h") is None
        assert keys.put("https://h", "")
        assert keys.get("https://h") is None


class TestPrompt:
    def test_a_marker_in_the_users_text_cannot_end_its_part(self) -> None:
        text = render(QWEN, FimPrompt("x = '<|fim_middle|>'\n", "y", "<|endoftext|>"))
        assert text.count("<|fim_middle|>") == 1
        assert "<|endoftext|>" not in text

    def test_typed_text_follows_the_middle(self) -> None:
        prompt = FimPrompt("p\n", "t", "s", "b.py", "r", (ContextFile("a.py", "x = 1"),))
        assert render(QWEN, prompt) == (
            "<|repo_name|>r\n<|file_sep|>a.py\nx = 1\n<|file_sep|>b.py\n"
            "<|fim_prefix|>p\n<|fim_suffix|>s<|fim_middle|>t"
        )

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_every_dialect_has_a_body(self, dialect: str) -> None:
        server_renders = dialect.endswith(("-suffix", "-infill"))
        target = Target(dialect, "m", None if server_renders else QWEN, 4096, "S")
        prompt = FimPrompt("p\n", "t", "s", context=(ContextFile("a.py", "x = 1"),))
        path, body = request_body(target, GenerateRequest(prompt, max_tokens=7))
        assert path.startswith("/")
        assert 7 in {
            body.get("max_tokens"),
            body.get("n_predict"),
            body.get("options", {}).get("num_predict"),
        }
        assert (
            "s" in {body.get("suffix"), body.get("input_suffix")}
            if server_renders
            else "fim_" in body["prompt"]
        )
        assert "x = 1" in str(body)

    def test_openai_takes_four_stops(self) -> None:
        request = GenerateRequest(FimPrompt("", "", ""))
        assert len(request_body(Target("openai", "m", QWEN, 1, "S"), request)[1]["stop"]) == 4

    @pytest.mark.parametrize(
        ("name", "family"),
        [("Qwen/Qwen2.5-Coder-7B", "qwen2.5-coder"), ("bigcode/starcoder2-3b", "starcoder2"), ("gpt-4", "")],
    )
    def test_family_by_name(self, name: str, family: str) -> None:
        assert family_of_name(name) == family


class TestEvents:
    def test_two_tokens_in_one_event(self) -> None:
        given = {"tokens": [" a", " b"], "token_logprobs": [-1.0, -2.0]}
        event = parse_event("vllm", {"choices": [{"text": " a b", "logprobs": given, "finish_reason": None}]})
        assert event.tokens == (Token(" a", -1.0), Token(" b", -2.0))

    def test_texts_that_do_not_spell_the_event(self) -> None:
        given = {"tokens": ["\\xe2", "\\x82"], "token_logprobs": [-1.0, -2.0]}
        event = parse_event(
            "openai", {"choices": [{"text": "€", "logprobs": given, "finish_reason": "stop"}]}
        )
        assert [(token.text, token.logprob) for token in event.tokens] == [("€", -1.0), ("", -2.0)]
        assert event.reason == "eos"

    def test_impossible_numbers_are_no_probabilities(self) -> None:
        given = {"tokens": ["a"], "token_logprobs": [float("nan")]}
        event = parse_event("openai", {"choices": [{"text": "a", "logprobs": given}]})
        assert event.tokens[0].logprob is None

    def test_usage_alone(self) -> None:
        data = {"choices": [], "usage": {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}}}
        event = parse_event("vllm", data)
        assert (event.prompt_tokens, event.cached_tokens) == (5, 3)


class TestLineEnd:
    """Probabilities must not depend on how a line's end is tokenised."""

    def test_all_line_ends_are_one_choice(self) -> None:
        answer = AnswerText(StopRules(), 9)
        answer.add(Token(" a", log(0.5)))
        answer.add(Token("\n", log(0.4), (("\n", log(0.4)), ("\n\n", log(0.2)), (" b", log(0.1)))))
        assert answer.reason == "stop"
        assert math.exp(sum(answer.logprobs)) == pytest.approx(0.5 * 0.6)

    def test_a_token_with_its_line_end_is_two_choices(self) -> None:
        answer = AnswerText(StopRules(), 9)
        assert answer.add(Token(":\n", log(0.6), ((":\n", log(0.6)), (":", log(0.3))))) == ":"
        assert math.exp(sum(answer.logprobs)) == pytest.approx(0.6)
        assert [math.exp(value) for value in answer.logprobs] == pytest.approx([0.9, 0.6 / 0.9])

    def test_a_line_that_has_probably_ended_ends(self) -> None:
        answer = AnswerText(StopRules(), 9)
        answer.add(Token(":", log(0.5), ((":", log(0.5)), (":\n", log(0.45)))))
        text = answer.add(Token(" x", log(0.6), ((" x", log(0.6)), ("\n", log(0.3)))))
        assert (text, answer.text, answer.reason) == ("", ":", "stop")

    def test_several_lines_are_counted_as_they_come(self) -> None:
        answer = AnswerText(StopRules(single_line=False), 9)
        answer.add(Token(":\n", log(0.6), ((":", log(0.3)),)))
        assert answer.logprobs == pytest.approx((log(0.6),))


class TestAnswerText:
    def test_what_may_still_be_cut_is_held_back(self) -> None:
        answer = AnswerText(StopRules(single_line=False, strings=("END",)), 99)
        assert [answer.add(Token(text)) for text in ("a ", "\n", "bE", "N", "x", "END")] == [
            "a",
            "",
            " \nb",
            "",
            "ENx",
            "",
        ]
        assert (answer.text, answer.reason) == ("a \nbENx", "stop")

    @pytest.mark.parametrize(
        ("tokens", "text", "reason", "known"),
        [
            (["    ", "x", "\n"], "x", "stop", 2),
            (["   ", " return", "\n"], "return", "stop", 2),
            (["        x", "\n"], "    x", "stop", 2),
            (["  ", "x", "\n"], "", "eos", 0),
            (["\n", "x"], "", "eos", 0),
        ],
    )
    def test_white_space_at_the_cursor_belongs_to_the_next_token(
        self, tokens: list[str], text: str, reason: str, known: int
    ) -> None:
        answer = AnswerText(StopRules(), 99, lead="    ")
        assert "".join(answer.add(Token(token, log(0.5))) for token in tokens) == text
        assert (answer.text, answer.reason, len(answer.logprobs)) == (text, reason, known)

    def test_length(self) -> None:
        answer = AnswerText(StopRules(), 2)
        assert answer.add(Token("a ")) + answer.add(Token("b ")) == "a b "
        assert answer.reason == "length"
        assert answer.add(Token("c")) == ""

    def test_one_unknown_probability_makes_all_unknown(self) -> None:
        answer = AnswerText(StopRules(), 9)
        answer.add(Token("a", log(0.5)))
        answer.add(Token("b"))
        assert answer.logprobs == ()


def test_backoff_is_spread_and_bounded_and_waits_as_asked() -> None:
    drawn = [backoff(2, 0.5) for _ in range(500)]
    assert 0 <= min(drawn) < 0.3 and 1.7 < max(drawn) <= 2.0
    assert max(backoff(50, 1.0) for _ in range(100)) <= 5.0
    assert backoff(0, 0.1, 7.0) == 7.0
