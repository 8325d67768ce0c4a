"""Organizing imports, where a case file cannot say it: the first line, the file's path, mixed line ends."""

from __future__ import annotations

from pathlib import Path

from burnish_analysis.perf.fixing import apply_fix
from burnish_analysis.perf.model import Certainty, Finding
from burnish_analysis.perf.module import Module
from burnish_analysis.refactor.analyse import refactorings_in

NAMES = frozenset({"organize-imports"})


def found_in(source: str, path: str = "") -> list[Finding]:
    return refactorings_in(Module(source, path), NAMES)


def organized(source: str, path: str = "") -> str:
    module = Module(source, path)
    (finding,) = refactorings_in(module, NAMES)
    result = apply_fix(module, finding)
    assert not refactorings_in(Module(result, path), NAMES)
    return result


def test_future_comes_first_and_is_never_unused() -> None:
    source = "from __future__ import annotations\nimport sys\nfrom __future__ import division\nimport os\nprint(os, sys)\n"
    wanted = "from __future__ import annotations, division\n\nimport os\nimport sys\nprint(os, sys)\n"
    assert organized(source) == wanted
    assert organized("\ufeff" + source.replace("\n", "\r\n")) == "\ufeff" + wanted.replace("\n", "\r\n")


def test_the_imports_after_a_lone_future() -> None:
    source = (
        "from __future__ import annotations\n\n__version__ = '1'\nimport sys\nimport os\nprint(os, sys)\n"
    )
    assert organized(source).endswith("'1'\nimport os\nimport sys\nprint(os, sys)\n")


def test_names_of_an_initial_module_are_for_others() -> None:
    source = "from .parts import whole\n"
    assert found_in(source, "/nowhere/package/part.py")
    assert not found_in(source, "/nowhere/package/__init__.py")
    assert not found_in(source, "/nowhere/package/part.pyi")


def test_the_projects_own_modules_come_last(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    for name in ("mine", "src/other", "server/third"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
    source = "import mine.part\nimport third\nfrom . import near\nimport other\nimport numpy\nprint(mine, third, other, numpy, near)\n"
    wanted = "import numpy\n\nimport mine.part\nimport other\nimport third\n\nfrom . import near\nprint(mine, third, other, numpy, near)\n"
    assert organized(source, str(tmp_path / "mine" / "this.py")) == wanted
    assert organized(source, str(tmp_path / "script.py")) == wanted


def test_mixed_line_ends_alone_are_in_order() -> None:
    assert not found_in("import os\r\nimport sys\nprint(os, sys)\n")


def test_a_whole_file_comment_keeps_unused_names() -> None:
    assert not found_in("# flake8: noqa\nimport os\n")
    assert not found_in("# pylint: disable=unused-import\nimport os\n")


def test_what_reads_all_names_keeps_them() -> None:
    assert not found_in("import os\n__all__ = [name for name in ('os',)]\n")
    assert not found_in("import os\n__all__ = ['f']\n__all__.extend(['o' 's'])\n")


def test_a_wide_file_of_many_imports_is_exact_in_any_order() -> None:
    names = ["abc", "ast", "bisect", "copy", "json", "os", "re", "sys"]
    source = "".join(f"import {name}\n" for name in reversed(names)) + f"print({', '.join(names)})\n"
    (finding,) = found_in(source)
    assert finding.certainty is Certainty.EXACT
    assert organized(source).startswith("".join(f"import {name}\n" for name in names))
