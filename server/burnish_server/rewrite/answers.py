"""The code in an answer of a model: one fenced block, or nothing but code."""

from __future__ import annotations

import re
import textwrap

from burnish_server.rewrite.model import RefusedError

__all__ = ["code_in"]

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*$")
_PYTHON = frozenset({"", "python", "python3", "py", "py3"})
#: What models that reason aloud write first.
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


def code_in(answer: str, *, finished: bool = True) -> str:
    """The code, lines end in LF, not indented.

    Args:
        answer: what the model wrote.
        finished: whether it came to its end by itself.

    Raises:
        RefusedError: there is none, more than one block, or it breaks off.
    """
    text = _THOUGHT.sub("", answer.replace("\r\n", "\n").replace("\r", "\n"))
    blocks, is_open = _blocks(text)
    if is_open and not finished:
        raise RefusedError("unfinished", "the answer breaks off")
    if len(blocks) > 1:
        raise RefusedError("several blocks", f"there are {len(blocks)}")
    if blocks and blocks[0][0].lower() not in _PYTHON:
        raise RefusedError("not Python", f"the block is marked {blocks[0][0]}")
    if not blocks and not finished:
        raise RefusedError("unfinished", "the answer breaks off")
    code = textwrap.dedent(blocks[0][1] if blocks else text).strip("\n")
    if not code.strip():
        raise RefusedError("no code")
    return code


def _blocks(text: str) -> tuple[list[tuple[str, str]], bool]:
    """The fenced blocks, each with its mark, and whether the last one is not closed."""
    found: list[tuple[str, str]] = []
    fence, mark, lines = "", "", list[str]()
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if not fence:
            if match is not None:
                fence, mark, lines = match[1], match[2], []
        elif match is not None and match[1].startswith(fence) and not match[2]:
            found.append((mark, "\n".join(lines)))
            fence = ""
        else:
            lines.append(line)
    if fence:
        found.append((mark, "\n".join(lines)))
    return found, bool(fence)
