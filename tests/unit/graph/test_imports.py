from __future__ import annotations

import pytest

from burnish_analysis.graph.extract import extract
from burnish_analysis.graph.imports import WorkspaceImports
from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.syntax import SyntaxTree

FILES = {
    "app/__init__.py": "",
    "app/models.py": "import numpy as np\nfrom .base import Base\n\nclass User(Base): ...\ndef _hidden(): ...\nLIMIT = 1\n",
    "app/base.py": "import numpy as np\nimport os.path\nfrom typing import Any as Whatever\n\nclass Base: ...\nclass Twice: ...\n",
    "app/other.py": "from lib import thing\n\nclass Twice: ...\n",
    "app/more.py": "from lib import thing\n",
    "app/third.py": "from another import thing\n",
    "tests/test_app.py": "class OnlyInTests: ...\n",
}


@pytest.fixture(name="imports")
def workspace() -> WorkspaceImports:
    graph = CodeGraph()
    for path, text in FILES.items():
        graph.put(path, extract(SyntaxTree(text)))
    return WorkspaceImports(graph)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("np", "import numpy as np"),
        ("os", "import os.path"),
        ("Whatever", "from typing import Any as Whatever"),
        ("User", "from app.models import User"),
        ("Base", "from app.base import Base"),
        ("Twice", None),
        ("thing", None),
        ("_hidden", None),
        ("OnlyInTests", None),
        ("nothing", None),
    ],
)
def test_statements(imports: WorkspaceImports, name: str, statement: str | None) -> None:
    assert imports.find(name, "app/new.py") == statement


def test_a_module_does_not_import_itself(imports: WorkspaceImports) -> None:
    assert imports.find("User", "app/models.py") is None
