"""Whether to ask the model at a cursor at all, and for a line or for a block. Every refusal is a named
rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from burnish_analysis.cursor import CursorContext, cursor_context
from burnish_analysis.syntax import SyntaxTree
from burnish_models.engine.base import StopRules
from burnish_server.completion.model import CompletionRequest
from burnish_server.documents import SourceText

__all__ = ["Intent", "Refusal", "decide", "with_selected_item"]

MAX_FILE_CHARACTERS = 4_000_000
MAX_TYPED_CHARACTERS = 2_000
MAX_LINES = 12
LINE_TOKENS = 64
BLOCK_TOKENS = 192


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model is not asked; ``rule`` is a key of :data:`burnish_server.completion.reasons.SENTENCES`."""

    rule: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What to ask for. ``tree`` is the syntax tree of the request's text."""

    multiline: bool
    stop: StopRules
    max_tokens: int
    context: CursorContext
    tree: SyntaxTree


def decide(request: CompletionRequest, *, enabled: bool, multiline: bool) -> Intent | Refusal:
    """Apply the rules to a request, cheapest first."""
    rule = _cheap_refusal(request, enabled)
    if rule is not None:
        return Refusal(rule)
    text = request.source.text
    tree = SyntaxTree(text) if request.tree is None else request.tree.update(text).focused(request.offset)
    context = cursor_context(tree, request.offset)
    if context.in_comment and not request.invoked:
        return Refusal("in-comment")
    block = multiline and context.wants_block and context.at_line_end
    return Intent(
        multiline=block,
        stop=_stop_rules(context) if block else StopRules(single_line=True),
        max_tokens=BLOCK_TOKENS if block else LINE_TOKENS,
        context=context,
        tree=tree,
    )


def with_selected_item(request: CompletionRequest) -> CompletionRequest | Refusal:
    """The request as if the item selected in the editor's completion list had been taken.

    A suggestion shown beside that list must begin with the selected item, so the model is asked to go
    on from it.
    """
    item = request.selected
    if item is None:
        return request
    if not item.start <= item.end == request.offset or "\n" in item.text or "$" in item.text:
        return Refusal("selected-item")
    text = request.source.text
    return replace(
        request,
        source=SourceText(text[: item.start] + item.text + text[item.end :]),
        offset=item.start + len(item.text),
    )


def _cheap_refusal(request: CompletionRequest, enabled: bool) -> str | None:
    source, offset = request.source, request.offset
    if not enabled:
        return "disabled"
    if request.language != "python":
        return "not-python"
    if len(source.text) > MAX_FILE_CHARACTERS:
        return "file-too-large"
    if offset - source.line_starts[source.line_of(offset)] > MAX_TYPED_CHARACTERS:
        return "line-too-long"
    if not source.text.strip("\ufeff \t\r\n"):
        return "nothing-yet"
    following = source.text[offset : offset + 1]
    if following.isalnum() or following == "_":
        return "word-right"
    return None


def _stop_rules(context: CursorContext) -> StopRules:
    """A block ends where its header's column is reached; a decorated definition where the decorator's is
    undercut.
    """
    indent = context.header_indent if context.after_decorator else context.header_indent + 1
    return StopRules(single_line=False, max_lines=MAX_LINES, min_indent=indent or None, tab_size=8)
