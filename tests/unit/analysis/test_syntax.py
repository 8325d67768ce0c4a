from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish_analysis.brackets import balance
from burnish_analysis.cursor import cursor_context
from burnish_analysis.definitions import definition_at
from burnish_analysis.indent import columns, indent_unit
from burnish_analysis.syntax import SyntaxTree, count_errors

SNIPPETS = st.lists(
    st.sampled_from(
        ["def f(x):\n", "    return x\n", "x = (1,\n", ")\n", "'é😀'\n", '"""', "\r\n", "# c\n", "a", " "]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(SNIPPETS, SNIPPETS, SNIPPETS, SNIPPETS)
def test_an_updated_tree_equals_a_fresh_one(left: str, old: str, new: str, right: str) -> None:
    updated = SyntaxTree(left + old + right).update(left + new + right)
    fresh = SyntaxTree(left + new + right)
    assert updated.text == fresh.text
    assert updated.source == fresh.source
    assert updated.root.end_byte == fresh.root.end_byte
    assert [child.type for child in updated.root.children if not fresh.root.has_error] == [
        child.type for child in fresh.root.children if not fresh.root.has_error
    ]


def test_an_unchanged_text_keeps_its_tree() -> None:
    tree = SyntaxTree("x = 1\n")
    assert tree.update("x = 1\n") is tree


@pytest.mark.parametrize(
    ("text", "inserted", "worse"),
    [
        ("def f(x):\n    return |\n\ny = 1\n", "x + 1", False),
        ("def f(x):\n    return |\n\ny = 1\n", "x +", True),
        ("def f(x):\n    return |\n\ny = 1\n", "x)", True),
        ("def f(x):\n    return |\n\ny = 1\n", "x y", True),
        ("x = |\ny = 1\n", "[1, 2]", False),
        ("print(|)\n", "a, b", False),
        ("print(|)\n", "a, b)", True),
        ("if |\n    pass\n", "x:", False),
        ("😀é = |\n", "1", False),
        ("|", "x = 1", False),
        ("if x:\n    y\nel|\nz = 1\n", "se:", False),
    ],
)
def test_errors_added(text: str, inserted: str, worse: bool) -> None:
    offset = text.index("|")
    tree = SyntaxTree(text.replace("|", ""))
    assert (tree.errors_added(offset, offset, inserted) > 0) is worse


def test_a_keystroke_in_a_long_file_is_cheap(record_property: Callable[[str, object], None]) -> None:
    text = "".join(f"def f{i}(x):\n    return x + {i}\n\n\n" for i in range(2500))
    middle = text.index("f1250(x)")
    first, updates = [], []
    for number in range(5):
        began = time.thread_time()
        tree = SyntaxTree(text)
        first.append(time.thread_time() - began)
        began = time.thread_time()
        tree.update(text[:middle] + "z" * (number + 1) + text[middle:])
        updates.append(time.thread_time() - began)
    whole, keystroke = min(first), min(updates)
    record_property("first_parse_ms", round(whole * 1000, 1))
    record_property("keystroke_ms", round(keystroke * 1000, 1))
    assert keystroke < whole


def test_a_syntax_error_on_every_line_is_survived() -> None:
    text = "".join(f"def ({i}: x = = )\n" for i in range(3000))
    tree = SyntaxTree(text)
    offset = text.index("1500") + 4
    assert isinstance(tree.errors_added(offset, offset, "x"), int)
    assert count_errors(text) >= 3000


@pytest.mark.parametrize(
    ("text", "unopened", "unclosed", "quote"),
    [
        ("a) (['x'", ")", "([", ""),
        ("'(' )", ")", "", ""),
        ("f('''a\n) ", "", "(", "'''"),
        ("x # (", "", "", ""),
        ("'it\\'s (' (", "", "(", ""),
        ("'open\n(", "", "(", ""),
        ("(]", "]", "(", ""),
        ('rb"""(', "", "", '"""'),
        ("", "", "", ""),
    ],
)
def test_balance(text: str, unopened: str, unclosed: str, quote: str) -> None:
    found = balance(text)
    assert (found.unopened, found.unclosed, found.open_quote) == (unopened, unclosed, quote)


@given(st.text(alphabet="()[]{}'\"\\#\n ab", max_size=40))
def test_closers_close_everything(text: str) -> None:
    found = balance(text)
    if not found.open_quote and not found.in_comment:
        assert balance(text + "\n" + found.closers).unclosed == ""


@pytest.mark.parametrize(
    ("space", "width"), [("", 0), ("    ", 4), ("\t", 8), ("  \t", 8), ("\t ", 9), ("\x0c  ", 2), ("x ", 0)]
)
def test_columns(space: str, width: int) -> None:
    assert columns(space) == width


@pytest.mark.parametrize(
    ("lines", "unit"),
    [([], "    "), (["if x:", "  y"], "  "), (["if x:", "\ty"], "\t"), (["a", "        b", "    c"], "    ")],
)
def test_indent_unit(lines: list[str], unit: str) -> None:
    assert indent_unit(lines) == unit


def test_definition_at() -> None:
    text = "def foo(a,\n        b=1) -> int:\n    '''Adds, é.\n\n    More.\n    '''\n\nfoo(1)\nbar\n"
    found = definition_at(SyntaxTree(text), text.index("foo(1)") + 1)
    assert found is not None
    definition, start, end = found
    assert definition.signature == "def foo(a, b=1) -> int"
    assert definition.docstring == "Adds, é.\n\nMore."
    assert text[start:end] == "foo"
    assert definition_at(SyntaxTree(text), text.index("bar") + 1) is None
    assert definition_at(SyntaxTree(""), 0) is None


@settings(max_examples=150, deadline=None)
@given(st.one_of(SNIPPETS, st.text(max_size=30)), st.data())
def test_no_text_breaks_the_questions(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    tree = SyntaxTree(text)
    assert 0 <= tree.top_level_start(offset) <= len(text)
    assert isinstance(tree.errors_added(offset, offset, "x("), int)
    context = cursor_context(tree, offset)
    assert not (context.in_comment and context.in_string)
    definition_at(tree, offset)


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_a_hopeless_file_is_parsed_around_the_cursor(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("burnish_analysis.syntax._SLOW_SECONDS", -1.0)
    text = "".join(f"x{i} = ( = '{letter}'\n" for i in range(5000)) + "\n# here\ndef f(a):\n    return a\n"
    far = len(text) // 2
    tree = SyntaxTree(text)
    assert tree.whole
    tree = tree.update(text[:far] + "y" + text[far:])
    tree = tree.update(tree.text[:far] + "y" + tree.text[far:])
    assert not tree.whole
    assert tree.root.end_byte == len(tree.source)
    near = tree.text.index("here")
    local = tree.focused(near)
    assert local is not tree
    assert cursor_context(local, near).in_comment
    assert local.focused(near + 10) is local
    name = local.text.index("f(a)")
    found = definition_at(local, name)
    assert found is not None
    assert found[0].signature == "def f(a)"
    assert local.text[found[1] : found[2]] == "f"
    end = len(local.text) - 1
    assert local.errors_added(end, end, ")") > 0
