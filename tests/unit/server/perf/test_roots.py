"""From which folders a module under verification may import."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish_server.perf.roots import import_root, needed_roots


def test_the_sandbox_reads_the_workspace_and_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    project = home / "project"
    package = project / "src" / "shop" / "till"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    monkeypatch.setattr(Path, "home", lambda: home)
    source = project / "src"
    assert import_root(package / "a.py", [project]) == ((source, project), "shop.till.a")
    assert import_root(package / "__init__.py", [project]) == ((source, project), "shop.till")
    assert import_root(project / "a.py", [project]) == ((project,), "a")
    assert import_root(project / "my-tool.py", [project]) == ((), "")
    assert import_root(home / "a.py", [home]) == ((), "")
    assert import_root(home / "a.py", [Path("/")]) == ((), "")
    assert import_root(project / "a.py", []) == ((), "")


def test_the_sandbox_reads_only_what_a_module_may_import(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "tools.py").touch()
    for text, needs in (
        ("import os, re as r\nfrom json import loads\n", False),
        ("x = 1\n", False),
        ("import os, shop.till\n", True),
        ("def f():\n    from tools import x\n", True),
        ("from . import x\n", True),
        ("from ..a import x\n", True),
    ):
        assert needed_roots(text, (tmp_path,)) == ((tmp_path,) if needs else ()), text
