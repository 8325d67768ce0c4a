"""The code graph: extraction, resolution, persistence, half-written code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish_analysis.graph.extract import extract
from burnish_analysis.graph.index import WorkspaceIndex
from burnish_analysis.syntax import SyntaxTree

MODELS = '''class Base:
    def save(self) -> None:
        """Write it.

        More."""


class User(Base):
    name: str = ""

    def __init__(self, team: "Team") -> None:
        self.team = team
        self.box = Box()


class Team:
    size = 3


class Box:
    def open(self): ...
'''


def make(root: Path, **files: str) -> WorkspaceIndex:
    for name, text in files.items():
        path = root / (name.replace("__", "/", 1) + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    index = WorkspaceIndex(root, root / ".state" / "graph.json")
    list(index.scan())
    return index


def test_signature_and_first_docstring_line() -> None:
    symbol = extract(SyntaxTree(MODELS)).find("Base.save")
    assert symbol is not None
    assert (symbol.kind, symbol.signature, symbol.doc) == ("method", "def save(self) -> None:", "Write it.")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("from app.models import User", "User"),
        ("from app.models import User as U", "U"),
        ("from .models import User", "User"),
        ("from . import models", "models.User"),
        ("import app.models", "app.models.User"),
        ("import app.models as m", "m.User"),
        ("from app.models import *", "User"),
    ],
)
def test_names_resolve_through_imports(tmp_path: Path, header: str, name: str) -> None:
    index = make(tmp_path, app__models=MODELS, app__main=header + "\n")
    found = index.resolver().resolve("app/main.py", name)
    assert found is not None
    assert (found[0], found[1].name) == ("app/models.py", "User")


def test_attributes_by_local_evidence_and_bases(tmp_path: Path) -> None:
    index = make(tmp_path, app__models=MODELS, app__main="from .models import User\nuser = User(1)\n")
    resolver = index.resolver()
    save = resolver.resolve("app/main.py", "user.save")
    opened = resolver.resolve("app/models.py", "self.box.open", "User.__init__")
    assert save is not None and save[1].name == "Base.save"
    assert opened is not None and opened[1].name == "Box.open"


def test_circular_imports_and_bases_end(tmp_path: Path) -> None:
    index = make(tmp_path, a="from b import *\nclass A(B): pass\n", b="from a import *\nclass B(A): pass\n")
    assert index.resolver().resolve("a.py", "missing") is None
    assert index.resolver().resolve("a.py", "A.missing") is None


def test_last_good_symbols_survive_half_written_code() -> None:
    good = extract(SyntaxTree("def first(a): return a\n\ndef second(b): return b\n"))
    broken = extract(SyntaxTree("def first(a return a\n\ndef second((b: return b\n"), good)
    assert broken.find("first") is not None and broken.find("second") is not None
    gone = extract(SyntaxTree("def second((b: return b\n"), good)
    assert gone.find("first") is None


@pytest.mark.parametrize(
    "text", ["\r\n".join(MODELS.split("\n")), "\ufeff" + MODELS, MODELS.replace("    ", "\t")]
)
def test_line_ends_bom_and_tabs(tmp_path: Path, text: str) -> None:
    graph = make(tmp_path, m=text).files["m.py"]
    user = graph.find("User")
    assert user is not None and user.bases == ("Base",) and graph.find("User.team") is not None


def test_errors_on_every_line_and_deep_nesting_do_no_harm() -> None:
    extract(SyntaxTree("def (: = ]\n" * 300))
    extract(SyntaxTree("x = " + "(" * 3000))


def test_index_is_kept_and_only_changes_are_read(tmp_path: Path) -> None:
    index = make(tmp_path, a="x = 1\n", b="y = 2\n")
    index.save()
    again = WorkspaceIndex(tmp_path, tmp_path / ".state" / "graph.json")
    assert again.files == index.files
    (tmp_path / "a.py").write_text("changed = 100\n")
    (tmp_path / "b.py").unlink()
    assert list(again.scan()) == ["a.py"]
    assert list(again.files) == ["a.py"]


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"version": 1, "files": {"a.py": 3}}), "\x00"])
def test_corrupt_index_is_built_again(tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture) -> None:
    make(tmp_path, a="x = 1\n")
    (tmp_path / ".state").mkdir()
    (tmp_path / ".state" / "graph.json").write_text(content)
    again = WorkspaceIndex(tmp_path, tmp_path / ".state" / "graph.json")
    assert again.files == {} and "built again" in caplog.text
    assert list(again.scan()) == ["a.py"]


def test_open_documents_go_before_the_disk_and_folders_are_left_out(tmp_path: Path) -> None:
    index = make(tmp_path, a="x = 1\n", node_modules__b="y = 1\n")
    assert list(index.files) == ["a.py"]
    index.update("a.py", SyntaxTree("def fresh(): pass\n"))
    assert index.files["a.py"].find("fresh") is not None
    index.close("a.py")
    assert index.files["a.py"].find("fresh") is None


def test_of_two_files_of_one_module_name_always_the_same_one_counts(tmp_path: Path) -> None:
    index = make(tmp_path, src__a="def far(): pass\n", a="def near(): pass\n", b="from a import *\n")
    assert index.resolver().resolve("b.py", "near") is not None
    assert index.resolver().resolve("b.py", "far") is None


def test_large_files_and_virtual_environments_are_left_out(tmp_path: Path) -> None:
    index = make(tmp_path, a="x = 1\n", big="#" * 1_000_001, tools__lib="y = 1\n")
    (tmp_path / "tools" / "pyvenv.cfg").touch()
    list(index.scan())
    assert list(index.files) == ["a.py"]


def test_a_store_that_cannot_be_written_is_not_fatal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    WorkspaceIndex(tmp_path, tmp_path / "file" / "graph.json").save()
    assert "Cannot save" in caplog.text
