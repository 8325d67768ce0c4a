"""Questions to a model: the chat form for those that follow instructions, a comment above the function for the others."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from burnish_analysis.verify.model import Counterexample
from burnish_models.engine.base import ChatMessage, ChatPrompt, FimPrompt, GenerateRequest, StopRules
from burnish_server.rewrite.model import Wants
from burnish_server.rewrite.target import Target

__all__ = [
    "INPUT_TOKENS",
    "Question",
    "first_question",
    "inputs_question",
    "repair_question",
    "tokens_wanted",
]

#: So many characters a token has at least, in nearly all code and every tokenizer known.
_CHARACTERS = 2.2
#: What is told besides the function, in characters.
_MOST_KNOWN, _MOST_AROUND = 1200, 2000
_LEAST_TOKENS, _MOST_TOKENS = 96, 1024
_SYSTEM = (
    "You improve Python functions without changing what they do. You answer with one ```python block that holds the whole "
    "function, and nothing else."
)
#: Answers of a chat end by themselves.
_WHOLE = StopRules(single_line=False, max_lines=400)
#: Enough for a dozen calls.
INPUT_TOKENS = 240
_INPUTS_SYSTEM = (
    "You test Python functions. You answer with one ```python block of calls, one a line, and nothing else."
)
_AIM = {"faster": "faster", "simpler": "simpler", "either": "faster or simpler"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Either ``chat`` or ``prompt`` is asked; ``lead`` is the part of the answer that stands in ``prompt`` already."""

    prompt: FimPrompt
    chat: ChatPrompt | None = None
    stop: StopRules = _WHOLE
    lead: str = ""

    def request(
        self, written: str, *, max_tokens: int, temperature: float, seed: int, deadline_ms: float
    ) -> GenerateRequest:
        """The request for what comes after ``written``."""
        chat, prompt = self.chat, self.prompt
        if chat is not None:
            chat = replace(chat, begun=written)
        else:
            prompt = replace(prompt, typed=prompt.typed + written)
        return GenerateRequest(
            prompt=prompt,
            stop=self.stop,
            max_tokens=max_tokens,
            temperature=temperature,
            seed=seed,
            deadline_ms=deadline_ms,
            chat=chat,
            background=True,
            speculate=temperature == 0.0,
        )

    @property
    def size(self) -> int:
        """Bytes of the whole prompt: never fewer than its tokens, but for a template's few."""
        if self.chat is not None:
            texts = [message.text for message in self.chat.messages]
        else:
            texts = [self.prompt.prefix, self.prompt.typed, self.prompt.suffix]
        return sum(len(text.encode("utf-8", "replace")) for text in texts) + 64


def tokens_wanted(target: Target) -> int:
    """Tokens that an answer may have."""
    return max(_LEAST_TOKENS, min(_MOST_TOKENS, int(len(target.source) / _CHARACTERS * 1.6) + 64))


def first_question(
    target: Target, known: Sequence[str], wants: Wants, *, chat: bool, context_tokens: int
) -> Question | None:
    """The question for a better version; None where the function is too long for the model's context.

    Args:
        target: the function. known: sentences on it, the most telling first. wants: what is looked for.
        chat: whether the model follows instructions. context_tokens: what it can see.
    """
    room = int((context_tokens - tokens_wanted(target) - 96) * _CHARACTERS)
    source = target.source
    room -= len(source) + len(_SYSTEM) + 500
    if room < 0:
        return None
    known = _fitting(known, min(_MOST_KNOWN, room))
    room -= sum(len(line) + 4 for line in known)
    return _chat(target, known, wants, room) if chat else _comment(target, known, wants, room)


def repair_question(question: Question, target: Target, answer: str, shown: Counterexample) -> Question:
    """The question again, with an answer that was wrong and an input that shows it."""
    said = f"For {shown.call}, the original {_clause(shown.before)}, but your version {_clause(shown.after)}."
    if question.chat is not None:
        more = (
            ChatMessage("assistant", answer),
            ChatMessage("user", f"{said} Answer with the corrected function."),
        )
        return replace(question, chat=ChatPrompt((*question.chat.messages, *more)))
    wrong = f"{question.prompt.typed}{answer.rstrip()}\n\n\n{target.indent}# Wrong: {_one_line(said)}\n"
    wrong += f"{target.indent}# Corrected:\n"
    return replace(question, prompt=replace(question.prompt, prefix=question.prompt.prefix + wrong))


def inputs_question(target: Target, *, chat: bool, context_tokens: int) -> Question | None:
    """The question for calls of a function, to compare two versions of it on; None where it is too long for the context."""
    source, kind = target.source, "method" if "." in target.name else "function"
    room = int((context_tokens - INPUT_TOKENS - 96) * _CHARACTERS) - len(source) - len(_INPUTS_SYSTEM) - 600
    if room < 0:
        return None
    called = target.name if kind == "function" else f"{target.name.partition('.')[0]}("
    if not chat:
        above = _end_of("\n".join(target.text.lines[: target.first - 1]), min(_MOST_AROUND, room))
        lead = f"print({target.name}(" if kind == "function" else f"print({called}"
        prefix = f"{above}\n{source}\n\n\n# {target.own} with usual, empty, negative and large arguments:\n"
        return Question(FimPrompt(prefix, lead, ""), None, StopRules(single_line=False, max_lines=16), lead)
    parts = [
        f"Write twelve calls of this {kind} that together take every branch of it: usual, empty, negative, large and unusual "
        "arguments. Write every argument out, without names of your own"
        + (f"; make the instance in the call: {called}...).{target.own}(...)." if kind == "method" else "."),
        f"```python\n{_dedented(target)}\n```",
    ]
    if above := _imports(target, min(_MOST_AROUND, room)):
        parts.insert(1, f"The module imports:\n```python\n{above}\n```")
    messages = (ChatMessage("system", _INPUTS_SYSTEM), ChatMessage("user", "\n\n".join(parts)))
    return Question(FimPrompt("", "", ""), ChatPrompt(messages))


def _clause(words: str) -> str:
    return _one_line(words)[:300]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fitting(known: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in known:
        room -= len(line) + 4
        if room < 0:
            break
        kept.append(line)
    return kept


def _chat(target: Target, known: Sequence[str], wants: Wants, room: int) -> Question:
    kind = "method" if "." in target.name else "function"
    parts = [
        f"Make this {kind} {_AIM[wants]}. For every input it must behave as it does now: the same results and types, the same "
        "exceptions, the same order, the same changes to its arguments, also for empty, negative and unusual inputs. Keep its "
        "name and its parameters. Helper functions and imports from the standard library may be added. Keep no results from "
        "call to call.",
    ]
    if known:
        parts.append("What is known of it:\n" + "\n".join(f"- {line}" for line in known))
    above = _imports(target, min(_MOST_AROUND, room))
    if above:
        parts.append(f"The module imports:\n```python\n{above}\n```")
    parts.append(f"```python\n{_dedented(target)}\n```")
    messages = (ChatMessage("system", _SYSTEM), ChatMessage("user", "\n\n".join(parts)))
    return Question(FimPrompt("", "", ""), ChatPrompt(messages))


def _comment(target: Target, known: Sequence[str], wants: Wants, room: int) -> Question:
    indent, lines = target.indent, target.text.lines
    above = _end_of("\n".join(lines[: target.first - 1]), min(_MOST_AROUND, room))
    notes = [f"The same function again, but {_AIM[wants]}. It gives the same for every input.", *known]
    comment = "".join(f"{indent}# {_one_line(line)}\n" for line in notes)
    head = "\n".join(lines[target.node.lineno - 1 : target.header_end])
    if target.node.body[0].lineno == target.header_end:
        column = target.node.body[0].col_offset
        head = (
            head[: -len(lines[target.header_end - 1])]
            + lines[target.header_end - 1].encode()[:column].decode().rstrip()
        )
    prefix = f"{above}\n{target.source}\n\n\n{comment}"
    stop = StopRules(
        single_line=False,
        max_lines=len(target.source.split("\n")) * 3 + 10,
        min_indent=_columns(target.body_indent),
    )
    return Question(FimPrompt(prefix, f"{head}\n", ""), None, stop, f"{head}\n")


def _end_of(text: str, room: int) -> str:
    """The last whole lines, at most ``room`` characters."""
    if len(text) <= room:
        return text
    return text[len(text) - max(0, room) :].partition("\n")[2]


def _columns(indent: str) -> int:
    return len(indent.expandtabs(4))


def _imports(target: Target, room: int) -> str:
    kept: list[str] = []
    for one in target.tree.body:
        if isinstance(one, (ast.Import, ast.ImportFrom)) and getattr(one, "module", "") != "__future__":
            text = ast.unparse(one)
            room -= len(text) + 1
            if room < 0:
                break
            kept.append(text)
    return "\n".join(kept)


def _dedented(target: Target) -> str:
    return textwrap.dedent(target.source)
