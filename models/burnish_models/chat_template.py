"""Chat templates: how the file of an instruct model says conversations are to be written.

A template is a Jinja program inside the model's file (``tokenizer.chat_template``); it runs in Jinja's sandbox. What users
and their files say never passes through it: it is rendered with place holders, so a file that contains ``<|im_end|>`` cannot
end its message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from burnish_models.errors import ModelUnsupportedError

if TYPE_CHECKING:
    from burnish_models.engine.base import ChatMessage

__all__ = ["ChatTemplate", "Piece", "follows_instructions", "template_of"]

_KEY = "tokenizer.chat_template"
#: What names of models that follow instructions say of them; base models' files often have a chat template, too.
_INSTRUCT = re.compile(r"(?:^|[^a-z])(?:instruct|chat|it|assistant)(?:[^a-z]|$)", re.IGNORECASE)
_NAMES = ("general.name", "general.basename", "general.finetune")
_HOLDER = "burnishmessage{}x7f3a9c"
_HOLDERS = re.compile(r"burnishmessage(\d+)x7f3a9c")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a rendered conversation: ``markup`` of the template (special tokens by name), or a message's own text."""

    text: str
    markup: bool


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A chat template.

    ``source`` is the Jinja program, ``bos`` and ``eos`` the tokens it may name.
    """

    source: str
    bos: str = ""
    eos: str = ""

    def render(self, messages: Sequence[ChatMessage]) -> list[Piece]:
        """The conversation up to where the answer begins.

        A template that knows no system messages gets them at the beginning of the first message of the user.

        Raises:
            ModelUnsupportedError: the template does not work, or leaves a message out.
        """
        roles = tuple(message.role for message in messages)
        texts = [message.text.strip("\n") for message in messages]
        try:
            return _filled(_rendered(self, roles), texts)
        except ModelUnsupportedError:
            if roles[:2] != ("system", "user"):
                raise
        joined = [f"{texts[0]}\n\n{texts[1]}", *texts[2:]]
        return _filled(_rendered(self, roles[1:]), joined)


def template_of(metadata: Mapping[str, object], tokens: Sequence[str]) -> ChatTemplate | None:
    """The template in a GGUF file, from its metadata and vocabulary; None where there is none."""
    source = metadata.get(_KEY)
    if not isinstance(source, str) or not source.strip():
        return None
    names = []
    for key in ("tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id"):
        number = metadata.get(key)
        known = isinstance(number, int) and 0 <= number < len(tokens)
        names.append(tokens[number] if known and isinstance(number, int) else "")
    return ChatTemplate(source, *names)


def follows_instructions(metadata: Mapping[str, object]) -> bool:
    """Whether a model with a chat template was trained to follow instructions, as far as its names tell."""
    if not isinstance(metadata.get(_KEY), str):
        return False
    return any(_INSTRUCT.search(str(metadata.get(key, ""))) for key in _NAMES)


@lru_cache(maxsize=16)
def _rendered(template: ChatTemplate, roles: tuple[str, ...]) -> str:
    from jinja2.exceptions import TemplateError

    messages = [{"role": role, "content": _HOLDER.format(number)} for number, role in enumerate(roles)]
    values = {"bos_token": template.bos, "eos_token": template.eos, "tools": None, "documents": None}
    try:
        program = _environment().from_string(template.source)
        return str(program.render(messages=messages, add_generation_prompt=True, **values))
    except (
        TemplateError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise ModelUnsupportedError(f"The model's chat template does not work: {error}") from error


@lru_cache(maxsize=1)
def _environment() -> Any:
    """Jinja as the templates expect it: the options and functions of Hugging Face's ``apply_chat_template``."""
    import json

    from jinja2.exceptions import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> str:
        raise TemplateError(message)

    def as_json(value: object, **options: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=options.get("indent"))

    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    made.globals["raise_exception"] = refuse
    made.globals["strftime_now"] = lambda form: datetime.now().astimezone().strftime(form)
    made.filters["tojson"] = as_json
    return made


def _filled(rendered: str, texts: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    seen: list[int] = []
    for index, part in enumerate(_HOLDERS.split(rendered)):
        if index % 2:
            seen.append(int(part))
            pieces.append(Piece(texts[int(part)], False))
        else:
            pieces.append(Piece(part, True))
    if seen != list(range(len(texts))):
        raise ModelUnsupportedError("The model's chat template leaves messages out.")
    return [piece for piece in pieces if piece.text]
