"""Code with known figures, and what an editor asks about it."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from tests.lsp.perf.editor import Editor

LENSES = {"metrics": {"codeLens": True}}
HINTS = {"metrics": {"inlayHints": True}}
#: What Burnish's own extension says of itself.
CLICKABLE = {"showsComplexity": True}
PLAIN = "[tool.burnish]\n"


def simple(name: str = "simple") -> str:
    """Complexity 2, two lines."""
    return f"def {name}(a):\n    return 1 if a else 2\n"


def branches(name: str = "branches", count: int = 11) -> str:
    """Complexity ``count + 1``: one ``if`` a point, none in another."""
    lines = "".join(f"    if a == {number}:\n        return {number}\n" for number in range(count))
    return f"def {name}(a):\n{lines}    return a\n"


async def lenses(one: Editor, uri: str) -> list[types.CodeLens]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
    return list(await one.client.text_document_code_lens_async(params) or [])


async def titles(one: Editor, uri: str) -> dict[int, str]:
    """What the lenses say, by line."""
    return {lens.range.start.line: lens.command.title for lens in await lenses(one, uri) if lens.command}


async def inlay_hints(one: Editor, uri: str, first: int = 0, last: int = 1000) -> list[types.InlayHint]:
    where = types.Range(types.Position(first, 0), types.Position(last, 0))
    params = types.InlayHintParams(types.TextDocumentIdentifier(uri), where)
    return list(await one.client.text_document_inlay_hint_async(params) or [])


async def hover(one: Editor, uri: str, words: str) -> Any:
    params = types.HoverParams(types.TextDocumentIdentifier(uri), one.at(uri, words).start)
    return await one.client.text_document_hover_async(params)


def configure(one: Editor, settings: dict[str, Any]) -> None:
    """Change the settings while the editor runs."""
    values = {"completion": {"enabled": False}, **settings}
    one.client.set_configuration(values, section="burnish")
    one.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"burnish": values}))
