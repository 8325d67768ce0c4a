"""The code action at a function's header, where a model is loaded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from lsprotocol import types

from burnish_server.features.rewrite import KIND, rewrite_actions

TEXT = "import re\n\n\n@staticmethod\ndef f(\n    x,\n):\n    return x\n"


def server(**changes: Any) -> Any:
    document = SimpleNamespace(source=TEXT, is_python=True)
    made = {
        "workspace": SimpleNamespace(document=lambda uri: document if uri == "file:///a.py" else None),
        "host": SimpleNamespace(engine=object()),
        "perf": SimpleNamespace(verdicts=SimpleNamespace(trusted=True), previews=True),
        "pipeline": SimpleNamespace(excluded=SimpleNamespace(excludes=lambda _: False)),
    }
    return SimpleNamespace(**(made | changes))


def offered(one: Any, line: int, uri: str = "file:///a.py") -> list[types.CodeAction]:
    return rewrite_actions(one, uri, types.Range(types.Position(line, 2), types.Position(line, 2)))


def test_only_at_the_header() -> None:
    assert [len(offered(server(), line)) for line in range(8)] == [0, 0, 0, 1, 1, 1, 1, 0]
    (action,) = offered(server(), 4)
    assert (action.title, action.kind) == ("Rewrite `f` with the model (verified)", KIND)
    assert action.command is not None and action.command.command == "burnish.rewrite"
    assert action.command.arguments == [{"uri": "file:///a.py", "position": {"line": 4, "character": 2}}]


def test_a_client_without_a_view_has_the_best_applied() -> None:
    perf = SimpleNamespace(verdicts=SimpleNamespace(trusted=True), previews=False)
    (action,) = offered(server(perf=perf), 4)
    assert action.command is not None and action.command.command == "burnish.server.rewrite"
    assert action.command.arguments is not None and action.command.arguments[0]["apply"] is True


def test_where_nothing_may_be_asked() -> None:
    untrusted = SimpleNamespace(verdicts=SimpleNamespace(trusted=False), previews=True)
    excluded = SimpleNamespace(excluded=SimpleNamespace(excludes=lambda _: True))
    for one in (server(host=SimpleNamespace(engine=None)), server(perf=untrusted), server(pipeline=excluded)):
        assert offered(one, 4) == []
    assert offered(server(), 4, "file:///b.py") == []
