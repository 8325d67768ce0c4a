"""The import that an accepted suggestion needs."""

from __future__ import annotations

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.conftest import Start

URI = "file:///project/a.py"
NO_MODEL = {"model": "/no/such/model.gguf"}


async def test_imports_are_added_one_after_the_other(start: Start) -> None:
    session = await start(NO_MODEL)
    session.open(URI, "import os\r\n\r\nx = json.dumps(Path())\r\n")
    edits: list[types.TextEdit] = []

    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        for change in params.edit.document_changes or []:
            assert isinstance(change, types.TextDocumentEdit)
            for edit in change.edits:
                edits.append(edit)
                start_, end = edit.range.start, edit.range.end
                session.change(
                    URI, len(edits) + 1, start_.line, start_.character, end.character, edit.new_text
                )
        return types.ApplyWorkspaceEditResult(applied=True)

    session.client.feature(types.WORKSPACE_APPLY_EDIT)(apply)
    statements = ["import json", "from pathlib import Path", "import os"]
    answer = await session.command("addImports", URI, statements)
    assert answer == {"added": ["import json", "from pathlib import Path"]}
    assert [(edit.range.start.line, edit.new_text) for edit in edits] == [
        (0, "import json\r\n"),
        (1, "\r\nfrom pathlib import Path"),
    ]


async def test_a_document_that_is_not_open_and_bad_arguments(start: Start) -> None:
    session = await start(NO_MODEL)
    assert await session.command("addImports", "file:///nowhere.py", ["import os"]) == {"added": []}
    with pytest.raises(JsonRpcException, match="URI"):
        await session.command("addImports", 1)
