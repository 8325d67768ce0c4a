"""What the syntax says about a cursor: string, comment, indentation, and whether a block is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from burnish_analysis.indent import columns, leading_whitespace
from burnish_analysis.syntax import SyntaxTree

__all__ = ["CursorContext", "cursor_context"]

_COMPOUND = frozenset(
    {
        "function_definition",
        "class_definition",
        "if_statement",
        "elif_clause",
        "else_clause",
        "for_statement",
        "while_statement",
        "try_statement",
        "except_clause",
        "except_group_clause",
        "finally_clause",
        "with_statement",
        "match_statement",
        "case_clause",
    }
)
_KEYWORDS = frozenset(
    [
        "def",
        "class",
        "if",
        "elif",
        "else",
        "for",
        "while",
        "try",
        "except",
        "finally",
        "with",
        "match",
        "case",
        "async",
    ],
)
#: How far up an empty line's block header, decorator or docstring is looked for.
_LOOK_BACK_LINES = 60


@dataclass(frozen=True, slots=True)
class CursorContext:
    """Syntax facts at one cursor position.

    Attributes:
        in_comment: the cursor stands inside a comment.
        in_string: the cursor stands inside a string's content.
        wants_block: the syntax asks for an indented block (or a decorated definition) here, and none
            stands below.
        header_indent: column of the statement that owns the block (``wants_block`` only), else of the
            line itself.
        after_decorator: the block asked for is the definition below a decorator.
        at_line_end: nothing but whitespace right of the cursor on its line.
    """

    in_comment: bool
    in_string: bool
    wants_block: bool
    header_indent: int
    after_decorator: bool
    at_line_end: bool


def cursor_context(tree: SyntaxTree, offset: int) -> CursorContext:
    """The syntax facts at ``offset`` (an index into ``tree.text``; lines may end in LF, CRLF or CR)."""
    text = tree.text
    start, end = _line_bounds(text, offset)
    typed, rest = text[start:offset], text[offset:end]
    in_comment, in_string = _inside(tree, offset, start)
    wants, indent, decorator = False, columns(text[start:end]), False
    if not rest.strip() and not in_comment and not in_string:
        wants, indent, decorator = _block_wanted(tree, offset, start, end, typed)
    return CursorContext(
        in_comment=in_comment,
        in_string=in_string,
        wants_block=wants,
        header_indent=indent,
        after_decorator=decorator,
        at_line_end=not rest.strip(),
    )


def _line_bounds(text: str, offset: int) -> tuple[int, int]:
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    ends = [found for found in (text.find("\n", offset), text.find("\r", offset)) if found >= 0]
    return start, min(ends, default=len(text))


def _inside(tree: SyntaxTree, offset: int, line_start: int) -> tuple[bool, bool]:
    """``(in_comment, in_string)`` at ``offset``."""
    leaf = tree.leaf_before(offset)
    byte = tree.byte_offset(offset)
    node = leaf
    while node is not None:
        if node.type == "comment":
            return node.start_point[0] == node.end_point[0] and offset > line_start, False
        if node.type == "interpolation":
            return False, False
        if node.type == "string":
            return False, node.start_byte < byte < node.end_byte
        if node.type == "ERROR" and _open_string(node, byte):
            return False, True
        node = node.parent
    return False, _open_after(tree, offset, line_start)


def _open_string(error: Node, byte: int) -> bool:
    """Whether an ERROR node is a string that never closes, left of ``byte`` on the same line."""
    last = error.child(error.child_count - 1) if error.child_count else None
    return last is not None and last.type == "string_start" and last.end_byte <= byte


def _open_after(tree: SyntaxTree, offset: int, line_start: int) -> bool:
    """Whether a lone quote left of the cursor on its line leaves a one-line string open."""
    node = tree.root.descendant_for_byte_range(tree.byte_offset(line_start), tree.byte_offset(offset))
    if node is None or not node.has_error:
        return False
    low = tree.byte_offset(line_start)
    high = tree.byte_offset(offset)
    stack = [node]
    while stack:
        current = stack.pop()
        if current.end_byte < low or current.start_byte > high:
            continue
        if current.type == "string_start" and current.start_byte >= low:
            parent = current.parent
            if parent is None or parent.type != "string":
                return True
        if current.has_error or current.type == "ERROR":
            stack.extend(current.children)
    return False


def _block_wanted(tree: SyntaxTree, offset: int, start: int, end: int, typed: str) -> tuple[bool, int, bool]:
    """``(wanted, header_indent, after_decorator)`` for a cursor with nothing right of it."""
    own = columns(leading_whitespace(typed))
    if typed.strip():
        header = _header_indent(tree, offset)
        wanted = header is not None and not _has_body(tree.text, end, header)
        return wanted, header if header is not None else own, False
    last = _last_code_end(tree, start)
    if last is None:
        return False, own, False
    header = _header_indent(tree, last)
    if header is None:
        header = _docstring_owner(tree, last)
    if header is not None:
        wanted = not _has_body(tree.text, end, header)
        return wanted, header if wanted else own, False
    decorator = _decorator_indent(tree.text, last)
    return decorator is not None, decorator if decorator is not None else own, decorator is not None


def _header_indent(tree: SyntaxTree, offset: int) -> int | None:
    """The column of the compound statement whose header ends in the ``:`` left of ``offset``, if one does."""
    text = tree.text
    end = len(text[:offset].rstrip(" \t\f"))
    if end == 0 or text[end - 1] != ":":
        return None
    leaf = tree.leaf_before(end)
    if leaf is None or leaf.type in {"comment", "string_content", "string_end"}:
        return None
    parent = leaf.parent
    if leaf.type == ":" and parent is not None and parent.type in _COMPOUND:
        return _line_indent(text, tree.char_offset(parent.start_byte))
    if parent is not None and parent.type != "ERROR" and leaf.type == ":":
        return None
    line = text[_line_bounds(text, end)[0] : end]
    words = line.split(None, 1)
    keyword = words[0].rstrip(":(") if words else ""
    return columns(line) if keyword in _KEYWORDS else None


def _line_indent(text: str, offset: int) -> int:
    start, end = _line_bounds(text, offset)
    return columns(text[start:end])


def _last_code_end(tree: SyntaxTree, line_start: int) -> int | None:
    """End of the last code above ``line_start``, comments and blank lines skipped; ``None`` if there is
    none.
    """
    text = tree.text
    position = line_start
    for _ in range(_LOOK_BACK_LINES):
        stripped = len(text[:position].rstrip())
        if stripped == 0:
            return None
        leaf = tree.leaf_before(stripped)
        if leaf is None or leaf.type != "comment":
            return stripped
        position = tree.char_offset(leaf.start_byte)
    return None


def _docstring_owner(tree: SyntaxTree, end: int) -> int | None:
    """Column of the ``def`` whose only body so far is the docstring that ends at ``end``."""
    leaf = tree.leaf_before(end)
    if leaf is None or leaf.type != "string_end" or leaf.parent is None:
        return None
    statement = leaf.parent.parent
    block = statement.parent if statement is not None else None
    owner = block.parent if block is not None else None
    if (
        statement is None
        or block is None
        or owner is None
        or statement.type != "expression_statement"
        or block.type != "block"
        or owner.type != "function_definition"
        or block.named_child_count != 1
    ):
        return None
    return _line_indent(tree.text, tree.char_offset(owner.start_byte))


def _decorator_indent(text: str, end: int) -> int | None:
    line = text[_line_bounds(text, end)[0] : end]
    return columns(line) if line.lstrip().startswith("@") and "=" not in line.split("(", 1)[0] else None


def _has_body(text: str, line_end: int, header_indent: int) -> bool:
    """Whether the next non-blank line below ``line_end`` is indented deeper than the header."""
    for line in text[line_end : line_end + 20_000].splitlines()[1:]:
        if line.strip():
            return columns(leading_whitespace(line)) > header_indent
    return False
