from __future__ import annotations

import ast

import pytest

from burnish_analysis.imports import insertion_of, standard_import
from burnish_analysis.syntax import SyntaxTree


@pytest.mark.parametrize(
    ("name", "as_module", "statement"),
    [
        ("json", True, "import json"),
        ("json", False, None),
        ("Path", False, "from pathlib import Path"),
        ("Path", True, "from pathlib import Path"),
        ("defaultdict", False, "from collections import defaultdict"),
        ("nothing", True, None),
        ("token", True, None),
    ],
)
def test_what_brings_a_name(name: str, as_module: bool, statement: str | None) -> None:
    assert standard_import(name, as_module=as_module) == statement


def inserted(text: str, statement: str) -> str:
    found = insertion_of(SyntaxTree(text), statement, "\r\n" if "\r\n" in text else "\n")
    assert found is not None
    return text[: found.offset] + found.text + text[found.offset :]


@pytest.mark.parametrize(
    ("before", "statement", "after"),
    [
        ("import json\nimport sys\n\nx = 1\n", "import os", "import json\nimport os\nimport sys\n\nx = 1\n"),
        ("import sys\n", "import os", "import os\nimport sys\n"),
        ("import os\nfrom typing import Any\n", "from pathlib import Path",
         "import os\nfrom pathlib import Path\nfrom typing import Any\n"),
        ("import os\n\nimport numpy\n", "import re", "import os\nimport re\n\nimport numpy\n"),
        ("x = 1\n", "import os", "import os\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', "import os", '"""Doc."""\n\nimport os\n\nx = 1\n'),
        ('"""Doc."""\nx = 1\n', "import os", '"""Doc."""\n\nimport os\n\nx = 1\n'),
        ("#!/usr/bin/python\n# Licence\n\nx = 1\n", "import os", "#!/usr/bin/python\n# Licence\n\nimport os\n\nx = 1\n"),
        ("from __future__ import annotations\n\nx = 1\n", "import os", "from __future__ import annotations\n\nimport os\n\nx = 1\n"),
        ("\ufeffx = 1\n", "import os", "\ufeffimport os\n\nx = 1\n"),
        ("import os\r\nx = 1\r\n", "import re", "import os\r\nimport re\r\nx = 1\r\n"),
        ("", "import os", "import os\n\n"),
        ("# ü😀\nimport os\nx = '😀'\n", "import re", "# ü😀\nimport os\nimport re\nx = '😀'\n"),
    ],
)  # fmt: skip
def test_where_it_belongs(before: str, statement: str, after: str) -> None:
    assert inserted(before, statement) == after
    ast.parse(after.removeprefix("\ufeff"))


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("import os\n", "import os"),
        ("import re, os\n", "import os"),
        ("from pathlib import (\n    Path,\n    PurePath,\n)\n", "from pathlib import Path"),
    ],
)
def test_what_is_there_is_not_added(text: str, statement: str) -> None:
    assert insertion_of(SyntaxTree(text), statement) is None


def test_an_alias_is_another_name() -> None:
    assert inserted("import os as system\n", "import os")
