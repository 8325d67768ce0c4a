"""The wire forms of completion endpoints as pure functions: a request to JSON, a streamed event to pieces of text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish_models.engine.base import ChatPrompt, FimPrompt, GenerateRequest
from burnish_models.fim_families import COMMENTS
from burnish_models.fim_template import FimTemplate

__all__ = ["ALTERNATIVES", "Event", "Target", "Token", "parse_event", "render", "request_body"]

#: Alternatives asked for with every token; OpenAI's interface gives no more.
ALTERNATIVES = 5
#: OpenAI's interface takes no more stop strings.
_OPENAI_STOPS = 4


@dataclass(frozen=True, slots=True)
class Target:
    """What was found at an endpoint. ``template`` renders the prompt here; ``None`` leaves that to the server."""

    dialect: str
    model: str
    template: FimTemplate | None
    context_tokens: int
    server: str

    @property
    def stop_tokens(self) -> tuple[str, ...]:
        """Tokens that end an answer, as text, for servers that would print them."""
        return () if self.template is None else self.template.stop_tokens


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text and its natural-log probability, ``None`` where the endpoint gives none.

    ``alternatives`` are the most likely tokens at this place with theirs, this one mostly among them.
    """

    text: str
    logprob: float | None = None
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One streamed event: tokens, why it ended (``eos``, ``length`` or ``None``), and counts where given."""

    tokens: tuple[Token, ...] = ()
    reason: str | None = None
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    prefill_ms: float | None = None


def render(template: FimTemplate, prompt: FimPrompt) -> str:
    """The prompt as one string.

    The endpoint reads markers in it as tokens wherever they stand, so a marker inside the user's own text is
    broken by a space and cannot end its part.
    """
    return "".join(
        segment.text if segment.special else _defused(segment.text, template)
        for segment in template.render(prompt)
    )


def _defused(text: str, template: FimTemplate) -> str:
    for marker in template.special_tokens:
        if marker in text:
            text = text.replace(marker, f"{marker[0]} {marker[1:]}")
    return text


def _before(prompt: FimPrompt) -> str:
    """Everything left of the cursor, other files in front as comments, for servers that render the prompt."""
    header = "".join(segment.text for segment in COMMENTS.header(prompt))
    return header + prompt.prefix + prompt.typed


def request_body(target: Target, request: GenerateRequest) -> tuple[str, dict[str, Any]]:
    """The path below the endpoint's address and the JSON body for a request."""
    if request.chat is not None:
        return "/v1/chat/completions", _chat_body(target, request, request.chat)
    template, prompt = target.template, request.prompt
    text = _before(prompt) if template is None else render(template, prompt)
    if target.dialect.startswith("llama-server"):
        return _llama_server(target, request, text)
    stops = list(target.stop_tokens)
    if target.dialect.startswith("ollama"):
        options: dict[str, Any] = {
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stop": stops,
        }
        body = {"model": target.model, "prompt": text, "stream": True, "options": options, "logprobs": True}
        body["top_logprobs"] = ALTERNATIVES
        return "/api/generate", body | ({"suffix": prompt.suffix} if template is None else {"raw": True})
    body = {
        "model": target.model,
        "prompt": text,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stream": True,
        "logprobs": ALTERNATIVES,
    }
    if stops:
        body["stop"] = stops if target.dialect == "vllm" else stops[:_OPENAI_STOPS]
    if target.dialect == "vllm":
        body |= {"stream_options": {"include_usage": True}, "ignore_eos": request.ignore_end}
    if template is None:
        body["suffix"] = prompt.suffix
    return "/v1/completions", body


def _chat_body(target: Target, request: GenerateRequest, chat: ChatPrompt) -> dict[str, Any]:
    """A conversation in OpenAI's form, which every server here understands; the answer's beginning is its last message."""
    messages = [{"role": message.role, "content": message.text} for message in chat.messages]
    body: dict[str, Any] = {
        "model": target.model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stream": True,
    }
    if chat.begun:
        messages.append({"role": "assistant", "content": chat.begun})
        if target.dialect == "vllm":
            body |= {"add_generation_prompt": False, "continue_final_message": True}
    return body


def _llama_server(target: Target, request: GenerateRequest, text: str) -> tuple[str, dict[str, Any]]:
    prompt = request.prompt
    body: dict[str, Any] = {
        "n_predict": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stream": True,
        "n_probs": ALTERNATIVES,
        "cache_prompt": True,
        "ignore_eos": request.ignore_end,
    }
    if target.dialect == "llama-server":
        return "/completion", body | {"prompt": text, "stop": list(target.stop_tokens)}
    body |= {
        "input_prefix": prompt.prefix,
        "prompt": prompt.typed,
        "input_suffix": prompt.suffix,
        "input_extra": [{"filename": file.path, "text": file.text} for file in prompt.context],
    }
    return "/infill", body


def parse_event(dialect: str, data: Mapping[str, Any]) -> Event:
    """Read one event. The dialect of conversations is ``chat``, whatever the server is.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, IndexError: it has another shape than the dialect's.
    """
    if dialect == "chat":
        return _chat_event(data)
    if dialect.startswith("llama-server"):
        return _llama_event(data)
    if dialect.startswith("ollama"):
        return _ollama_event(data)
    return _openai_event(data)


def _llama_event(data: Mapping[str, Any]) -> Event:
    listed = data.get("completion_probabilities") or ()
    tokens = tuple(_tokens(str(data["content"]), [_described(item) for item in listed]))
    if not data.get("stop"):
        return Event(tokens, prompt_tokens=_count(data.get("tokens_evaluated")))
    timings = data.get("timings") or {}
    return Event(
        tokens,
        "length" if data.get("stop_type") == "limit" else "eos",
        prompt_tokens=_count(data.get("tokens_evaluated")),
        cached_tokens=_count(timings.get("cache_n")),
        prefill_ms=_finite(timings.get("prompt_ms")),
    )


def _openai_event(data: Mapping[str, Any]) -> Event:
    prompt_tokens, cached = _usage(data)
    choices = data["choices"]
    if not choices:
        return Event((), None, prompt_tokens, cached)
    choice = choices[0]
    given = choice.get("logprobs") or {}
    if "content" in given:
        tokens = [_described(item) for item in given["content"] or ()]
    else:
        texts = [str(text) for text in given.get("tokens") or ()]
        values = map(_finite, given.get("token_logprobs") or ())
        tops = map(_alternatives, given.get("top_logprobs") or [None] * len(texts))
        tokens = [Token(*parts) for parts in zip(texts, values, tops, strict=False)]
    finish = choice.get("finish_reason")
    reason = None if not finish else "length" if finish == "length" else "eos"
    return Event(tuple(_tokens(str(choice.get("text") or ""), tokens)), reason, prompt_tokens, cached)


def _chat_event(data: Mapping[str, Any]) -> Event:
    prompt_tokens, cached = _usage(data)
    choices = data["choices"]
    if not choices:
        return Event((), None, prompt_tokens, cached)
    text = (choices[0].get("delta") or {}).get("content") or ""
    finish = choices[0].get("finish_reason")
    reason = None if not finish else "length" if finish == "length" else "eos"
    return Event((Token(str(text)),) if text else (), reason, prompt_tokens, cached)


def _usage(data: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Tokens of the prompt, and how many of them were cached."""
    usage = data.get("usage") or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    return _count(usage.get("prompt_tokens")), _count(cached)


def _ollama_event(data: Mapping[str, Any]) -> Event:
    tokens = tuple(_tokens(str(data["response"]), [_described(item) for item in data.get("logprobs") or ()]))
    if not data.get("done"):
        return Event(tokens)
    spent = _finite(data.get("prompt_eval_duration"))
    return Event(
        tokens,
        "length" if data.get("done_reason") == "length" else "eos",
        prompt_tokens=_count(data.get("prompt_eval_count")),
        prefill_ms=None if spent is None else spent / 1e6,
    )


def _described(item: Mapping[str, Any]) -> Token:
    """A token in the form of OpenAI's chat interface, which llama-server and Ollama use too."""
    return Token(str(item["token"]), _finite(item.get("logprob")), _alternatives(item.get("top_logprobs")))


def _alternatives(given: object) -> tuple[tuple[str, float], ...]:
    """The alternatives, given as an object of texts or as a list of described tokens."""
    if isinstance(given, Mapping):
        pairs = [(str(text), _finite(value)) for text, value in given.items()]
    else:
        listed = given if isinstance(given, list) else []
        pairs = [(str(item["token"]), _finite(item.get("logprob"))) for item in listed]
    return tuple((text, value) for text, value in pairs if value is not None)


def _tokens(text: str, tokens: Sequence[Token]) -> Iterator[Token]:
    """The event's tokens. Where their texts do not spell the event's text, that text goes with the first one."""
    if not tokens:
        if text:
            yield Token(text)
    elif "".join(token.text for token in tokens) == text:
        yield from tokens
    else:
        yield Token(text, tokens[0].logprob)
        for token in tokens[1:]:
            yield Token("", token.logprob)


def _finite(value: object) -> float | None:
    """A number, or None; minus infinity becomes a very small log-probability."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return max(float(value), -1e4)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
