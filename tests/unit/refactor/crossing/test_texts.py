"""Line ends, marks and encodings stay; unsaved documents count; nothing is written."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish_analysis.errors import RefactoringError
from burnish_analysis.refactor.crossing.api import perform
from burnish_analysis.refactor.crossing.texts import PlainText, apply_edits
from burnish_analysis.refactor.crossing.workspace import Workspace
from tests.unit.refactor.crossing.folder import Folder

PIECES = st.lists(
    st.sampled_from(
        ["\n", "\r\n", "\r", "a", "bc", "é", "😀", " ", "# coding: x", "\x0c", "\u2028", "\ufeff"]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(PIECES, PIECES, st.randoms())
def test_changes_of_the_plain_text_touch_nothing_else(source: str, other: str, random: object) -> None:
    text = PlainText(source)
    plain = text.plain
    cut = random.randint(0, len(plain))  # type: ignore[attr-defined]
    changed = plain[:cut] + PlainText(other).plain + plain[random.randint(cut, len(plain)) :]  # type: ignore[attr-defined]
    edits = text.edits(changed)
    assert all(one.end <= next_.start for one, next_ in pairwise(edits))
    after = apply_edits(source, edits)
    assert _read(PlainText(after).plain) == _read(changed)
    assert text.edits(plain) == ()


def _read(plain: str) -> str:
    """Plain text with cookies readable; a mark inside a text may become its first character."""
    return plain.replace("\ue000", "o").replace("\ufeff", "")


@settings(max_examples=200, deadline=None)
@given(PIECES)
def test_offsets_go_there_and_back(source: str) -> None:
    text = PlainText(source)
    for plain in range(len(text.plain) + 1):
        assert text.plain_offset(text.offset(plain)) == plain


FUNCTION = "def f(xs):\n§    n = 0\n    for x in xs:\n        n += x\n§    return n\n"


def test_crlf_mark_and_tabs_stay(tmp_path: Path) -> None:
    source = "\ufeff# one\r\n" + FUNCTION.replace("    ", "\t").replace("\n", "\r\n")
    made = Folder(tmp_path, {"a.py": source}).perform("extract-function", name="_sum")["a.py"]
    assert made == "\ufeff" + (
        "def _sum(xs):\r\n\tn = 0\r\n\tfor x in xs:\r\n\t\tn += x\r\n\treturn n\r\n\r\n\r\n"
        "# one\r\ndef f(xs):\r\n\tn = _sum(xs)\r\n\treturn n\r\n"
    )


def test_texts_over_several_lines_keep_their_indentation(tmp_path: Path) -> None:
    source = 'class A:\n    def f(self, x):\n§        t = """a\n  b\n        c"""\n        x(t)\n§        return 1\n'
    made = Folder(tmp_path, {"a.py": source}).perform("extract-function", name="_say")["a.py"]
    assert 'def _say(x):\n    t = """a\n  b\n        c"""\n    x(t)\n' in made


def test_an_encoding_cookie_and_crlf_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_bytes(
        "# coding: latin-1\r\nfrom a import f\r\nprint(f('é'), f)\r\n".encode("latin-1")
    )
    folder = Folder(tmp_path, {"a.py": "def §f(x):\n    return x\n"})
    made = folder.perform("rename", name="g")
    assert made["b.py"] == "# coding: latin-1\r\nfrom a import g\r\nprint(g('é'), g)\r\n"


def test_unsaved_documents_count(tmp_path: Path) -> None:
    overlay = {"b.py": "from a import f\nf(2)\n", "new.py": "import a\na.f(3)\n"}
    folder = Folder(tmp_path, {"a.py": "def §f(x):\n    return x\n", "b.py": "nothing = (\n"}, overlay)
    made = folder.perform("rename", name="g")
    assert made == {
        "a.py": "def g(x):\n    return x\n", "b.py": "from a import g\ng(2)\n", "new.py": "import a\na.g(3)\n",
    }  # fmt: skip
    folder.workspace.refresh({})
    assert folder.perform("rename", name="g") == {"a.py": "def g(x):\n    return x\n"}


def test_environments_are_left_out_and_no_folder_is_made(tmp_path: Path) -> None:
    use = "from a import f\nf(1)\n"
    others = {
        ".venv/b.py": use,
        "node_modules/b.py": use,
        ".git/b.py": use,
        "env/pyvenv.cfg": "",
        "env/b.py": use,
    }
    folder = Folder(tmp_path, {"a.py": "def §f(x):\n    return x\n", **others})
    assert set(folder.perform("rename", name="g")) == {"a.py"}
    assert not (tmp_path / ".ropeproject").exists()


def test_a_file_that_is_not_python_is_told(tmp_path: Path) -> None:
    folder = Folder(tmp_path, {"a.py": "def §f(x):\n    return x\n", "b.py": "print f\n"})
    assert any("b.py is not Python" in note for note in folder.changes("rename", name="g").notes)


def test_time_and_cancel(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("f = 1\n")
    workspace = Workspace(tmp_path)
    with pytest.raises(RefactoringError, match="Cancelled"):
        perform(workspace, tmp_path / "a.py", 0, 0, "rename", {"name": "g"}, cancelled=lambda: True)
    with pytest.raises(RefactoringError, match="Not done within 0 seconds"):
        perform(workspace, tmp_path / "a.py", 0, 0, "rename", {"name": "g"}, seconds=0)


def test_a_rename_tells_what_it_left(tmp_path: Path) -> None:
    source = "class A:\n    def §f(self):\n        return 1\n\n\ndef g(x):\n    return x.f()\n"
    changes = Folder(tmp_path, {"a.py": source}).changes("rename", name="h")
    assert any("a.py:7" in note for note in changes.notes)
