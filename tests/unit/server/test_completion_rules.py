"""Every rule that refuses to ask, and every rule that drops what was answered."""

from __future__ import annotations

import pytest

from burnish_server.completion.brackets import fit
from burnish_server.completion.confidence import TokenPiece, align, judge_block, judge_line
from burnish_server.completion.intent import Intent, Refusal, decide, with_selected_item
from burnish_server.completion.model import CompletionRequest, SelectedItem
from burnish_server.completion.postprocess import Dropped, Offer, postprocess
from burnish_server.completion.reasons import SENTENCES, Reasons
from burnish_server.completion.repetition import cut_lines_below, cut_tail_loop, repeats_above, repeats_below
from burnish_server.documents import SourceText
from tests.unit.server.scripted import Believer


@pytest.fixture(autouse=True)
def every_name_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts here speak of foo and bar; names have tests of their own."""
    monkeypatch.setattr("burnish_analysis.names._ALWAYS", _Anything())


class _Anything:
    def __contains__(self, name: object) -> bool:
        return True


def request(text: str, **changes: object) -> CompletionRequest:
    source = SourceText(text.replace("|", ""))
    return CompletionRequest("file:///a.py", source, text.index("|"), **changes)  # type: ignore[arg-type]


def intent_of(text: str, **changes: object) -> Intent | Refusal:
    return decide(request(text, **changes), enabled=True, multiline=True)


@pytest.mark.parametrize(
    ("text", "changes", "rule"),
    [
        ("x = |", {"language": "markdown"}, "not-python"),
        ("x = |" + "y" * 4_000_001, {}, "file-too-large"),
        ("x" * 2_001 + "|", {}, "line-too-long"),
        ("|", {}, "nothing-yet"),
        ("\ufeff\r\n |\n", {}, "nothing-yet"),
        ("x = 1  # note|", {}, "in-comment"),
        ("pri|nt(x)", {}, "word-right"),
        ("x = |y", {}, "word-right"),
        ("x = |_y", {}, "word-right"),
        ("x = |é", {}, "word-right"),
        ("x = |1", {}, "word-right"),
    ],
)
def test_when_not_to_ask(text: str, changes: dict[str, object], rule: str) -> None:
    assert intent_of(text, **changes) == Refusal(rule)
    assert rule in SENTENCES


def test_disabled() -> None:
    assert decide(request("x = |"), enabled=False, multiline=True) == Refusal("disabled")


@pytest.mark.parametrize(
    ("text", "multiline"),
    [
        ("x = |", False),
        ("x = |)", False),
        ("def f(x):|", True),
        ("def f(x):\n    |", True),
        ("def f(x):\n    |\n    return x\n", False),
        ("@property\n|", True),
        ("def f(x):\n    y|", False),
        ("# note|", False),
    ],
)
def test_line_or_block(text: str, multiline: bool) -> None:
    intent = intent_of(text, invoked=True)
    assert isinstance(intent, Intent)
    assert intent.multiline is multiline
    assert intent.stop.single_line is not multiline
    single = decide(request(text, invoked=True), enabled=True, multiline=False)
    assert isinstance(single, Intent)
    assert not single.multiline


def test_a_block_ends_at_its_scope() -> None:
    intent = intent_of("class A:\n    def f(self):\n        |")
    assert isinstance(intent, Intent)
    assert intent.stop.min_indent == 5
    decorated = intent_of("class A:\n    @property\n    |")
    assert isinstance(decorated, Intent)
    assert decorated.stop.min_indent == 4


@pytest.mark.parametrize(
    ("start", "end", "text", "refused"),
    [
        (4, 6, "print", False),
        (4, 5, "print", True),
        (4, 6, "pri\nnt", True),
        (4, 6, "print($0)", True),
        (7, 6, "p", True),
    ],
)
def test_selected_item(start: int, end: int, text: str, refused: bool) -> None:
    asked = request("x = pr|", selected=SelectedItem(start, end, text))
    taken = with_selected_item(asked)
    assert isinstance(taken, Refusal) is refused
    if isinstance(taken, CompletionRequest):
        assert taken.source.text == "x = print"
        assert taken.offset == len("x = print")


def offer(text: str, raw: str, *, finished: bool = True) -> str:
    """The document after the offer was taken, the inserted text in «», or ``!rule``."""
    asked = request(text, invoked=True)
    intent = decide(asked, enabled=True, multiline=True)
    assert isinstance(intent, Intent)
    made = postprocess(asked.source, asked.offset, raw, intent, finished=finished)
    if isinstance(made, Dropped):
        assert made.rule in SENTENCES
        return f"!{made.rule}"
    assert isinstance(made, Offer)
    whole = asked.source.text
    return f"{whole[: made.start]}«{made.text}»{whole[made.end :]}"


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        # plain
        ("x = |\n", "foo(1)", "x = «foo(1)»\n"),
        ("x = |\n", "foo(1)  \nmore", "x = «foo(1)»\n"),
        ("x = |\r\ny\r\n", "foo(1)", "x = «foo(1)»\r\ny\r\n"),
        ("\tx = |\n", "foo(1)", "\tx = «foo(1)»\n"),
        ("x = '😀' + |\n", "foo(1)", "x = '😀' + «foo(1)»\n"),
        # nothing worth it
        ("x = |\n", "", "!empty"),
        ("x = |\n", "   \n", "!empty"),
        ("x = |\n", "1", "!too-short"),
        ("foo(|\n", ")", "foo(«)»\n"),
        ("x = [1|\n", "]", "x = [1«]»\n"),
        ("if x|\n", ":", "if x«:»\n"),
        ("foo(|, b)\n", "a", "!too-short"),
        # auto-closed brackets
        ("print(|)\n", "a, b", "print(«a, b»)\n"),
        ("print(|)\n", "a, b)", "print(«a, b)»\n"),
        ("print(|)\n", "len(a)", "print(«len(a)»)\n"),
        ("print(|)\n", "len(a", "print(«len(a)»)\n"),
        ("foo(bar(|)\n", "a)", "foo(bar(«a)»)\n"),
        ("foo([|])\n", "1, 2])", "foo([«1, 2])»\n"),
        ("def f(x|):\n    pass\n", ", y):", "def f(x«, y):»\n    pass\n"),
        ("def f(x|):\n    pass\n", ", y)", "def f(x«, y)»:\n    pass\n"),
        ("foo(|, b)\n", "aa, b)", "foo(«aa, b)»\n"),
        ("x = |\n", "foo)", "x = «foo»\n"),
        ("x = foo(|\n", "a, b)", "x = foo(«a, b)»\n"),
        ("x = 'ab|'\n", "cd'", "x = 'ab«cd'»\n"),
        ("x = 'ab|'\n", "cd", "x = 'ab«cd»'\n"),
        ("x = {'a|'}\n", "b': 1}", "x = {'a«b': 1}»\n"),
        # what stands right of the cursor
        ("if x|:\n    pass\n", " > 10:", "if x« > 10:»\n    pass\n"),
        ("x = | + 1\n", "aa + 1", "x = «aa + 1»\n"),
        ("x = foo| + 1\n", " + 1", "!duplicate-suffix"),
        # repetition
        ("a = 1\nx = |\nx = foo(1)\n", "foo(1)", "!repeats-below"),
        ("x = foo(1)\nx = |\n", "foo(1)", "!repeats-above"),
        ("pass\n|\n", "pass", "pass\n«pass»\n"),
        # syntax
        ("def f():\n    return |\n", "x y", "!syntax"),
        ("x = |\n", "foo..bar", "!syntax"),
        ("x = |\n", "[i for i in", "x = «[i for i in»\n"),
        ("x = |\n", "[i for for i]", "!syntax"),
        # half-written is no error of the suggestion
        ("x = |\ny = 2\n", "foo(", "x = «foo(»\ny = 2\n"),
        ("for i in |\n", "range(3):", "for i in «range(3):»\n"),
        ("def f(|\n\ny = 1\n", "a, b", "def f(«a, b»\n\ny = 1\n"),
        ("def f():\n    |\n\n\ny = 1\n", '"""Do it.', 'def f():\n    «"""Do it.»\n\n\ny = 1\n'),
        ("if x:\n    y\nel|\nz = 1\n", "se:", "if x:\n    y\nel«se:»\nz = 1\n"),
        ("try:\n    y\n|\nz = 1\n", "except ValueError:", "try:\n    y\n«except ValueError:»\nz = 1\n"),
        ("class A:\n    @prop|\n\n    x = 1\n", "erty", "class A:\n    @prop«erty»\n\n    x = 1\n"),
        ("x = (1,\n     |\n)\n", "2, 3", "x = (1,\n     «2, 3»\n)\n"),
        ("x y z\na = |\n", "foo(1)", "x y z\na = «foo(1)»\n"),
        # blocks
        ("def f(x):|\n\n\ny = 1\n", "\n    return x\n", "def f(x):«\n    return x»\n\n\ny = 1\n"),
        ("def f(x):\n    |\n\n\ny = 1\n", "return x\n\ny = 2", "def f(x):\n    «return x»\n\n\ny = 1\n"),
        ("def f(x):\r\n    |\r\n", "y = x\n    return y", "def f(x):\r\n    «y = x\r\n    return y»\r\n"),
        (
            "@property\n|\n",
            "def f(self):\n    return 1\n\ndef g(): pass",
            "@property\n«def f(self):\n    return 1»\n",
        ),
        (
            "def f(x):\n    |\n\nfoo(1)\nbar(2)\n",
            "return x\nfoo(1)\nbar(2)",
            "def f(x):\n    «return x»\n\nfoo(1)\nbar(2)\n",
        ),
    ],
)
def test_offers_and_drops(text: str, raw: str, expected: str) -> None:
    assert offer(text, raw) == expected


def test_an_unfinished_block_loses_its_last_line() -> None:
    assert offer("def f(x):\n    |\n", "y = x\n    retu", finished=False) == "def f(x):\n    «y = x»\n"


def test_a_replaced_character_ends_the_text() -> None:
    assert offer("x = '|'\n", "ab\ufffdcd") == "x = '«ab»'\n"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("x = [1, 2, 3]", "x = [1, 2, 3]"),
        ("foo, foo, foo, foo, foo", "foo, foo"),
        ("a.bar.bar.bar.bar.bar", "a.bar"),
        ("-" * 40, "-" * 40),
        ("x = 1\nprint(x)\nprint(x)\nprint(x)", "x = 1\nprint(x)"),
        ("a = 1\nbbbbbb\nccccc\nbbbbbb\nccccc\nbbbbbb\nccccc", "a = 1\nbbbbbb\nccccc"),
        (")\n)\n)", ")\n)\n)"),
        ("", ""),
    ],
)
def test_cut_tail_loop(text: str, cut: str) -> None:
    assert cut_tail_loop(text) == cut


def test_repeats() -> None:
    assert repeats_below("  ", "foo(1)", "\nfoo( 1)\n") is False
    assert repeats_below("  ", "foo(1)", "\n  foo(1)\n")
    assert not repeats_below("", "pass", "\npass\n")
    assert repeats_above("", "aaaaaa\nbbbbbb", "x\naaaaaa\n\nbbbbbb\n")
    assert not repeats_above("", "", "\n")
    assert cut_lines_below("a\nfoo(1)\nb", "\nfoo(1)\nc") == "a\nfoo(1)\nb"
    assert cut_lines_below("a\nfoo(1)", "\nfoo(1)\nc") == "a"


@pytest.mark.parametrize("before", ["", "x = foo(", "x = [1, (", "'abc"])
@pytest.mark.parametrize("rest", ["", ")", "])", "'", " + 1"])
@pytest.mark.parametrize("text", ["", "a", "a)", "(a", "'a'", "[a])"])
def test_fit_stays_on_the_line(before: str, text: str, rest: str) -> None:
    fitted = fit(before, text, rest)
    assert 0 <= fitted.covered <= len(rest)
    assert fitted.text.startswith(text.rstrip(")]}")) or text.startswith(fitted.text)


def pieces(*parts: tuple[str, float]) -> list[TokenPiece]:
    return [TokenPiece(text, (value,)) for text, value in parts]


def test_a_line_is_judged_by_all_its_tokens() -> None:
    sure = judge_line(pieces(("a", -0.1), ("b", -0.1), ("", -0.1)), Believer(), None)
    assert sure.passed
    assert sure.text == "ab"
    assert sure.confidence == pytest.approx(0.7408, abs=1e-4)
    assert not judge_line(pieces(("a", -1.0)), Believer(), None).passed
    assert judge_line(pieces(("a", -1.0)), Believer(), 0.1).passed
    assert not judge_line([], Believer(), 0.1).passed


def test_a_block_is_cut_at_its_first_unlikely_line() -> None:
    block = pieces(("\n", 0.0), ("    a", -0.1), ("\n", 0.0), ("    b", -0.5), ("\n", 0.0), ("    c", -3.0))
    verdict = judge_block(block, Believer(), None)
    assert verdict.passed
    assert verdict.text == "\n    a\n    b"
    assert verdict.confidence == pytest.approx(0.905, abs=1e-3)
    assert not judge_block(pieces(("a", -2.0), ("\n", 0.0), ("b", 0.0)), Believer(), None).passed


@pytest.mark.parametrize(
    ("chunks", "logprobs", "expected"),
    [
        (["a", "b"], [-1.0, -2.0], [("a", (-1.0,)), ("b", (-2.0,))]),
        (["a", "b"], [-1.0, -2.0, -3.0], [("a", (-1.0,)), ("b", (-2.0,)), ("", (-3.0,))]),
        (["", "a"], [-1.0], [("a", (-1.0,))]),
        (["a", "b"], [], [("a", ()), ("b", ())]),
        ([], [-1.0], [("", (-1.0,))]),
    ],
)
def test_align(
    chunks: list[str], logprobs: list[float], expected: list[tuple[str, tuple[float, ...]]]
) -> None:
    assert [(piece.text, piece.logprobs) for piece in align(chunks, logprobs)] == expected


def test_align_shares_out_by_length_and_loses_nothing() -> None:
    made = align(["abcdef", "gh"], [-1.0, -2.0, -3.0, -4.0, -5.0])
    assert [value for piece in made for value in piece.logprobs] == [-1.0, -2.0, -3.0, -4.0, -5.0]
    assert "".join(piece.text for piece in made) == "abcdefgh"


def test_reasons_are_kept_newest_first_and_bounded() -> None:
    reasons = Reasons(capacity=2)
    for line in range(3):
        reasons.add("file:///a.py", line, 0, "empty", SENTENCES["empty"])
    kept = [entry.as_json() for entry in reasons.entries()]
    assert [entry["line"] for entry in kept] == [2, 1]
    assert set(kept[0]) == {"time", "uri", "line", "character", "rule", "sentence"}
    assert "T" in kept[0]["time"]
