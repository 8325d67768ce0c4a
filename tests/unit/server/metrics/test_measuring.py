"""What the analyser's process tells of a document's figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from burnish_analysis.metrics.measure import measure
from burnish_server.metrics.measuring import Measuring
from burnish_server.metrics.model import Limits, Measured
from burnish_server.metrics.words import hover_text, lens_title

CODE = """\
class A:
    @property
    async \\
  def größe(self, a):
        def inner(b):
            return b or a
        try:
            return [x for x in a if x]
        except (ValueError, TypeError):
            return None
if True:
    def  f ( a ) :
        while a:
            a -= 1
    def f(a): return 1
"""


def ask(text: str, path: str = "", measuring: Measuring | None = None, **limits: Any) -> Measured:
    message = {"document": "a", "path": path, "text": text, "limits": asdict(Limits(**limits))}
    answer = (measuring or Measuring()).answer(message)
    return Measured.from_json(json.loads(json.dumps(answer)))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_figures_are_those_of_the_command_line_and_stand_at_their_names(newline: str, mark: str) -> None:
    text = mark + CODE.replace("\n", newline)
    found = ask(text)
    blocks = list(measure(text).functions)
    assert [(one.name, one.complexity, one.rank, one.nesting) for one in found.functions] == [
        (block.name, block.complexity, block.rank, block.nesting) for block in blocks
    ]
    assert [text[one.start : one.end] for one in found.functions] == ["größe", "inner", "f", "f"]
    for one in found.functions:
        assert 1 + sum(each.points for each in one.decisions) == one.complexity
        assert text[one.first :].startswith(("async", "def"))
        assert all(one.first < each.start < one.last for each in one.decisions)
    assert found.around(text.index("b or a")) == found.functions[1]
    assert found.file is not None and found.file.mi == measure(text).mi


def test_an_edit_gives_the_same_as_measuring_anew() -> None:
    measuring = Measuring()
    ask(CODE, measuring=measuring)
    edited = CODE.replace("a -= 1", "a -= 1 if a > 2 else 2").replace("class A:", "# new\nclass A:")
    assert ask(edited, measuring=measuring) == ask(edited)
    assert ask("def f(:", measuring=measuring) == Measured(broken=True)
    assert ask(CODE, measuring=measuring) == ask(CODE)


def test_only_so_many_documents_are_kept() -> None:
    measuring = Measuring()
    for number in range(100):
        message = {"document": str(number), "path": "", "text": CODE, "limits": asdict(Limits())}
        measuring.answer(message)
    assert len(measuring._kept) == 32


def test_thresholds_are_the_users_else_the_projects_else_the_usual(tmp_path: Path) -> None:
    path = str(tmp_path / "a.py")
    assert ask(CODE, path).told == ()
    (tmp_path / "pyproject.toml").write_text("[tool.burnish.metrics]\ncomplexity = 4\nnesting = 0\n")
    (told,) = ask(CODE, path).told
    assert (told.rule, CODE[told.start : told.end]) == ("complex-function", "größe")
    assert "try (1)" in told.message
    found = ask(CODE, path, complexity=2, maintainability=100)
    assert [one.rule for one in found.told].count("complex-function") == 3
    assert found.told[0].rule == "low-maintainability"
    assert found.functions[0].limits == (("complexity", 2),)
    (tmp_path / "pyproject.toml").write_text("[tool.burnish.metrics]\ncomplexity = -4\n")
    assert "complexity" in ask(CODE, path).problems[0]


def test_comments_and_settings_silence(tmp_path: Path) -> None:
    path = str(tmp_path / "a.py")
    joined = CODE.replace("async \\\n  def", "async def")
    silent = joined.replace("(self, a):", "(self, a):  # burnish: ignore[complex-function]")
    assert len(ask(CODE, complexity=4).told) == 1
    assert ask(silent, complexity=4).told == ()
    (tmp_path / "pyproject.toml").write_text('[tool.burnish]\nignore = ["complex-function"]\n')
    assert ask(CODE, path, complexity=4).told == ()
    (tmp_path / "pyproject.toml").write_text('[tool.burnish]\nexclude = ["a.py"]\n')
    assert ask(CODE, path, complexity=4) == Measured()


def test_deep_code_is_measured_or_refused_but_never_fatal() -> None:
    assert ask("x = " + "(" * 5000).broken
    chain = "def f(a):\n    if a == 0:\n        pass\n" + "".join(
        f"    elif a == {number}:\n        pass\n" for number in range(1, 600)
    )
    (one,) = ask(chain).functions or (None,)
    assert one is None or one.complexity == 601


def test_words() -> None:
    one = ask(CODE, complexity=4).functions[0]
    assert lens_title(one) == "complexity 4 · A · 8 lines"
    text = hover_text(one, lambda offset: CODE[:offset].count("\n"), "file:///a.py")
    assert "**Complexity 4 · A** (below 4 is asked for) · nesting 1 · 8 lines" in text
    assert "[line 7](file:///a.py#L7)" in text
