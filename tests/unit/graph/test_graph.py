"""The code graph: extraction, resolution, half-written code."""

from __future__ import annotations

import pytest

from burnish_analysis.graph.extract import MAX_SYMBOLS, extract, read_imports
from burnish_analysis.graph.index import MAX_FILES, CodeGraph
from burnish_analysis.graph.model import FileGraph, Import, from_json, to_json
from burnish_analysis.graph.resolve import Resolver
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

    @property
    def chief(self) -> "User | None":
        return self.team.head()


class Team:
    size = 3

    def head(self) -> User: ...


class Box:
    def open(self): ...


def make_user() -> User:
    return User(Team())
'''


def graph_of(files: dict[str, str]) -> CodeGraph:
    graph = CodeGraph()
    for path, text in files.items():
        graph.put(path, extract(SyntaxTree(text)))
    return graph


def where(files: dict[str, str], path: str, name: str, scope: str = "") -> tuple[str, str] | None:
    found = Resolver(graph_of(files)).resolve(path, name, scope)
    return None if found is None else (found[0], found[1].name)


def test_signature_docstring_parameters_and_decorators() -> None:
    graph = extract(SyntaxTree(MODELS))
    save, init, chief = graph.find("Base.save"), graph.find("User.__init__"), graph.find("User.chief")
    assert save is not None and init is not None and chief is not None
    assert (save.kind, save.signature, save.doc) == ("method", "def save(self) -> None:", "Write it.")
    assert init.params == (("team", "Team"),)
    assert (chief.value, chief.decorators) == ("User", ("@property",))


def test_a_comment_in_a_header_does_not_swallow_the_rest() -> None:
    symbol = extract(SyntaxTree("def f(\n    a,  # first\n    b='#',\n):\n    pass\n")).find("f")
    assert symbol is not None and symbol.signature == "def f( a, b='#', ):"


def test_calls_are_told_from_names() -> None:
    graph = extract(SyntaxTree("import os\nx = os.sep\n\ndef f(a):\n    g(a.b)\n    return a.c().d\n"))
    assert graph.calls == {"f": ("g", "a.c")}


def test_long_literals_are_not_kept() -> None:
    symbol = extract(SyntaxTree(f"KEY = '{'s' * 60}'\n")).find("KEY")
    assert symbol is not None and symbol.signature == "KEY = '...'"


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
def test_names_resolve_through_imports(header: str, name: str) -> None:
    files = {"app/models.py": MODELS, "app/main.py": header + "\n", "app/__init__.py": ""}
    assert where(files, "app/main.py", name) == ("app/models.py", "User")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("import app.models as m", "m"),
        ("from app import models", "models"),
        ("import app.models", "app.models"),
    ],
)
def test_modules_are_targets(header: str, name: str) -> None:
    files = {"app/models.py": MODELS, "app/main.py": header + "\n", "app/__init__.py": ""}
    found = Resolver(graph_of(files)).resolve("app/main.py", name)
    assert found is not None and (found[0], found[1].kind) == ("app/models.py", "module")


def test_packages_below_a_folder_of_the_workspace() -> None:
    files = {
        "server/kit/__init__.py": "from kit.deep import tool\n",
        "server/kit/deep.py": "def tool(): ...\n",
        "src/lib/core.py": "def far(): ...\n",
        "app.py": "from kit import tool\nfrom lib.core import far\n",
    }
    assert where(files, "app.py", "tool") == ("server/kit/deep.py", "tool")
    assert where(files, "app.py", "far") == ("src/lib/core.py", "far")


@pytest.mark.parametrize(
    ("name", "scope", "target"),
    [
        ("user.save", "", "Base.save"),
        ("user.team.head", "", "Team.head"),
        ("make_user().box.open", "", "Box.open"),
        ("given.chief.team.size", "f", "Team.size"),
        ("missing.save", "", None),
        ("user.missing", "", None),
    ],
)
def test_attributes_by_local_evidence(name: str, scope: str, target: str | None) -> None:
    text = "from .models import User, make_user\nuser = User(1)\ndef f(given: User | None): ...\n"
    found = where({"app/models.py": MODELS, "app/main.py": text}, "app/main.py", name, scope)
    assert found == (("app/models.py", target) if target else None)


def test_self_and_bases() -> None:
    files = {"m.py": MODELS}
    assert where(files, "m.py", "self.box.open", "User.__init__") == ("m.py", "Box.open")
    assert where(files, "m.py", "self.save", "User.chief") == ("m.py", "Base.save")
    graph = graph_of(files)
    user = Resolver(graph).resolve("m.py", "User")
    assert user is not None
    assert [base[1].name for base in Resolver(graph).bases(user)] == ["Base"]


def test_callers() -> None:
    files = {
        "m.py": MODELS,
        "a.py": "from m import make_user\ndef f():\n    make_user()\n",
        "b.py": "make_user()\n",
    }
    resolver = Resolver(graph_of(files))
    target = resolver.resolve("m.py", "make_user")
    assert target is not None and resolver.callers(target) == [("a.py", "f")]


def test_circular_imports_and_bases_end() -> None:
    files = {
        "a.py": "from b import *\nclass A(B): pass\n",
        "b.py": "from a import *\nclass B(A): pass\n",
        "c.py": "class C(C): pass\nx = x.y\n",
    }
    assert where(files, "a.py", "missing") is None
    assert where(files, "a.py", "A.missing") is None
    assert where(files, "c.py", "C.missing") is None
    graph = graph_of(files)
    target = Resolver(graph).resolve("a.py", "A")
    assert target is not None
    assert [base[1].name for base in Resolver(graph).bases(target)] == ["B"]


def test_last_good_symbols_survive_half_written_code() -> None:
    good = extract(SyntaxTree("def first(a): return a\n\ndef second(b): return b\n"))
    broken = extract(SyntaxTree("def first(a return a\n\ndef second((b: return b\n"), good)
    assert broken.find("first") is not None and broken.find("second") is not None
    gone = extract(SyntaxTree("def second((b: return b\n"), good)
    assert gone.find("first") is None


@pytest.mark.parametrize(
    "text", ["\r\n".join(MODELS.split("\n")), MODELS.replace("    ", "\t"), MODELS + "# \U0001f600\n"]
)
def test_line_ends_tabs_and_astral_characters(text: str) -> None:
    graph = extract(SyntaxTree(text))
    user = graph.find("User")
    assert user is not None and user.bases == ("Base",) and graph.find("User.team") is not None


def test_errors_on_every_line_deep_nesting_and_lone_surrogates_do_no_harm() -> None:
    extract(SyntaxTree("def (: = ]\n" * 300))
    extract(SyntaxTree("x = " + "(" * 3000))
    graph = extract(SyntaxTree("def f(a='\ud83d'): ...\n"))
    assert from_json(to_json(graph)) == graph


def test_what_is_kept_of_one_file_is_bounded() -> None:
    text = "".join(f"def f{i}(): g{i}()\n" for i in range(9000))
    graph = extract(SyntaxTree(text))
    assert len(graph.symbols) <= MAX_SYMBOLS


def test_imports_are_read_quickly_where_the_text_is_newer_than_the_graph() -> None:
    tree = SyntaxTree(
        "import a.b\ntry:\n    from c import d as e\nexcept ImportError:\n    e = None\nx = (\n"
    )
    assert read_imports(tree) == (Import("a.b", "", "a.b"), Import("c", "d", "e"))
    graph = graph_of({"m.py": "def f(): ...\n", "n.py": ""})
    found = Resolver(graph).resolve("n.py", "f", "", (Import("m", "f", "f"),))
    assert found is not None and found[0] == "m.py"


def test_json_round_trip_and_refusal() -> None:
    graph = extract(SyntaxTree(MODELS))
    assert from_json(to_json(graph)) == graph
    for text in ("{}", "[]", "[[[1]],[],{}]", '[[],[],{"a":[1]}]', "nonsense", '[["ab"],[],{}]'):
        with pytest.raises(ValueError, match=r".+"):
            from_json(text)


def test_open_documents_go_before_the_disk_and_files_are_bounded() -> None:
    graph = graph_of({"a.py": "x = 1\n"})
    graph.put("a.py", extract(SyntaxTree("def fresh(): pass\n")), is_open=True)
    found = graph.get("a.py")
    assert found is not None and found.find("fresh") is not None
    graph.put("a.py", None, is_open=True)
    found = graph.get("a.py")
    assert found is not None and found.find("x") is not None
    for number in range(MAX_FILES + 5):
        graph.put(f"f{number}.py", FileGraph())
    assert len(graph) == MAX_FILES
    graph.keep_only(["a.py"])
    assert graph.paths() == ["a.py"] and graph.module("f1") is None and graph.module("a") == "a.py"


def test_of_two_files_of_one_module_name_the_nearest_to_the_root_counts() -> None:
    files = {"src/a.py": "def far(): pass\n", "a.py": "def near(): pass\n", "b.py": "from a import *\n"}
    assert where(files, "b.py", "near") == ("a.py", "near")
    assert where(files, "b.py", "far") is None
