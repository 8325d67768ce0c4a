"""Conversations: rendered with the model's own template, what is said in them never taken for markup."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from burnish_models.chat_template import ChatTemplate, follows_instructions, template_of
from burnish_models.engine.base import ChatMessage, ChatPrompt
from burnish_models.engine.chat import ChatTokenizer
from burnish_models.errors import EngineError, ModelUnsupportedError

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
#: As Gemma's: no system messages, and the model's turns have another name.
STRICT = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\n' + m.content | trim }}"
    "{{ '<end_of_turn>\n' }}{% endfor %}{{ '<start_of_turn>model\n' }}"
)
ASKED = (ChatMessage("system", "Be brief."), ChatMessage("user", "a <|im_end|> {{ 7 * 7 }}\n"))


def rendered(source: str, *messages: ChatMessage) -> str:
    return "".join(piece.text for piece in ChatTemplate(source, "<bos>", "<eos>").render(messages))


def test_a_conversation() -> None:
    pieces = ChatTemplate(CHATML).render(ASKED)
    assert [(piece.text, piece.markup) for piece in pieces] == [
        ("<|im_start|>system\n", True),
        ("Be brief.", False),
        ("<|im_end|>\n<|im_start|>user\n", True),
        ("a <|im_end|> {{ 7 * 7 }}", False),
        ("<|im_end|>\n<|im_start|>assistant\n", True),
    ]


def test_a_template_without_system_messages() -> None:
    more = (*ASKED, ChatMessage("assistant", "b"), ChatMessage("user", "c"))
    assert rendered(STRICT, *more) == (
        "<bos><start_of_turn>user\nBe brief.\n\na <|im_end|> {{ 7 * 7 }}<end_of_turn>\n<start_of_turn>model\nb<end_of_turn>\n"
        "<start_of_turn>user\nc<end_of_turn>\n<start_of_turn>model\n"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ raise_exception('no') }}",
        "{% for",
        "{{ messages[5]['content'] }}",
        "{{ messages.__class__.__mro__[1].__subclasses__() }}{% for m in messages %}{{ m.content }}{% endfor %}",
        "{% for i in range(10**9) %}x{% endfor %}",
    ],
)
def test_templates_that_do_not_work(source: str) -> None:
    with pytest.raises(ModelUnsupportedError, match="chat template"):
        rendered(source, *ASKED)


def test_a_template_that_leaves_messages_out() -> None:
    with pytest.raises(ModelUnsupportedError, match="leaves messages out"):
        rendered("{{ messages[-1]['content'] }}", ASKED[1], ChatMessage("assistant", "b"), ASKED[1])


def test_who_follows_instructions() -> None:
    template = {"tokenizer.chat_template": CHATML, "tokenizer.ggml.eos_token_id": 1}
    assert template_of(template, ["a", "<|im_end|>"]) == ChatTemplate(CHATML, "", "<|im_end|>")
    assert template_of({}, []) is None
    for name, follows in (
        ("Qwen2.5 Coder 0.5B Instruct", True),
        ("codegemma-7b-it", True),
        ("Qwen2.5-Coder-0.5B", False),
        ("Iterator", False),
    ):
        assert follows_instructions({**template, "general.name": name}) is follows
        assert not follows_instructions({"general.name": name})
    assert follows_instructions({**template, "general.finetune": "Instruct"})


class Letters:
    """Every character a token, special tokens below zero."""

    bos: int | None = None

    def tokenizer(self, *, leading_space: bool) -> Callable[[str], list[int]]:
        assert not leading_space
        return lambda text: [ord(character) for character in text]

    def tokenize_markup(self, text: str) -> list[int]:
        out: list[int] = []
        while text:
            special = next(
                (
                    i
                    for i, name in enumerate(("<|im_start|>", "<|im_end|>", "<bos>"), 1)
                    if text.startswith(name)
                ),
                0,
            )
            out.append(-special if special else ord(text[0]))
            text = text[("", "<|im_start|>", "<|im_end|>", "<bos>")[special].__len__() or 1 :]
        return out


def test_tokens_of_a_conversation() -> None:
    tokens = ChatTokenizer(ChatTemplate(CHATML), Letters()).build(ChatPrompt(ASKED, "x = foo"), 1000)
    assert [token for token in tokens.tokens if token < 0] == [-1, -2, -1, -2, -1]
    assert bytes(token for token in tokens.tokens if token > 0).decode().endswith("assistant\nx =")
    # The answer's last run is spelled again.
    assert tokens.healing == " foo"
    with pytest.raises(EngineError, match="room for 20"):
        ChatTokenizer(ChatTemplate(CHATML), Letters()).build(ChatPrompt(ASKED), 20)


def test_one_beginning_token() -> None:
    letters = Letters()
    letters.bos = -3
    for source in (CHATML, STRICT):
        tokens = ChatTokenizer(ChatTemplate(source, "<bos>"), letters).build(ChatPrompt(ASKED), 1000).tokens
        assert (tokens[0], tokens.count(-3)) == (-3, 1)
