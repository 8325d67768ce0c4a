"""Moving to another module, and refactorings whose result is not proved, from a real client over stdio."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.perf.editor import Editor, Start
from tests.lsp.refactor.test_commands import span

TAXES = "RATE = 2\n\n\ndef price_of(item):\n    return item * RATE  # 𐐀\n\n\ndef free():\n    return 0\n"
PRICES = '"""Prices."""\n\n\ndef other():\n    return 1\n'
OPEN = "from taxes import price_of\r\n\r\nprint('𐐀', price_of(3))\r\n"
CLOSED = "import taxes\n\nprint(taxes.free(), taxes.price_of(4))\n"
BOX = "class Box:\n    def __init__(self, size):\n        self.size = size\n\n\nprint(Box(3))\n"
CURSOR = "price_of"


async def moving(editor: Start, prices: str = PRICES) -> tuple[Editor, str, dict[str, Any]]:
    """An editor with a module to move a function out of, and the request for it."""
    one: Editor = await editor(more={"asksRefactorings": True})
    (one.folder / "closed.py").write_bytes(CLOSED.encode())
    (one.folder / "prices.py").write_text(prices)
    (one.folder / "taxes.py").write_text(TAXES)
    uri = one.open("taxes.py", TAXES)
    return one, uri, {"uri": uri, "range": span(one, uri, CURSOR), "id": "move-symbol", "title": "Move"}


async def test_moving_changes_both_modules_and_who_imports_it(editor: Start) -> None:
    one, uri, asked = await moving(editor)
    user = one.open("user.py", OPEN)
    answer = await one.command("refactor", {**asked, "answers": {"module": "prices"}})
    assert answer == {"applied": True, "files": 4, "notes": []}
    (params,) = one.taken
    assert params.label == "Move"
    assert "def price_of" not in one.texts[uri] and "def free():\n    return 0\n" in one.texts[uri]
    prices = (one.folder / "prices.py").read_text()
    assert prices.startswith('"""Prices."""\n')
    assert "def price_of(item):\n    return item * RATE  # 𐐀\n" in prices
    assert "from taxes import RATE\n" in prices and "def other():\n    return 1\n" in prices
    # An open document is edited by its version, with its own line ends; a closed one on the disk.
    assert one.texts[user] == "import prices\r\n\r\nprint('𐐀', prices.price_of(3))\r\n"
    closed = (one.folder / "closed.py").read_text()
    assert "import prices\n" in closed
    assert closed.endswith("print(taxes.free(), prices.price_of(4))\n")
    # What came of it is Python that means the same.
    names: dict[str, Any] = {}
    exec(compile(one.texts[uri], "taxes.py", "exec"), names)
    exec(compile(prices.replace("from taxes import RATE\n", ""), "prices.py", "exec"), names)
    assert names["price_of"](4) == 8


async def test_moving_is_refused_with_a_reason_and_changes_nothing(editor: Start) -> None:
    one, uri, asked = await moving(editor, PRICES + "\n\nprice_of = None\n")
    for module, words in (
        ("prices", r"prices\.py has a `price_of` already"),
        ("nowhere", "no module nowhere in project"),
        ("not a module", "not a module's dotted name"),
    ):
        with pytest.raises(JsonRpcException, match=words):
            await one.command("refactor", {**asked, "answers": {"module": module}})
    # A document that is open counts as it stands there, not as it is on the disk.
    (one.folder / "free.py").write_text("\n")
    target = one.open("free.py", "class price_of:\n    pass\n")
    with pytest.raises(JsonRpcException, match=r"free\.py has a `price_of` already"):
        await one.command("refactor", {**asked, "answers": {"module": "free"}})
    assert one.taken == []
    assert (one.texts[uri], one.texts[target]) == (TAXES, "class price_of:\n    pass\n")
    assert (one.folder / "closed.py").read_text() == CLOSED


async def offered(one: Editor, uri: str, words: str) -> dict[str, types.CodeAction]:
    place = one.at(uri, words)
    context = types.CodeActionContext([], only=["refactor"])  # type: ignore[arg-type]
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), place, context)
    found: list[Any] = list(await one.client.text_document_code_action_async(params) or [])
    return {action.title: action for action in found}


async def test_what_is_not_proved_says_so_in_its_title_and_afterwards(editor: Start) -> None:
    one = await editor(more={"asksRefactorings": True})
    uri = one.open("a.py", BOX)
    action = (await offered(one, uri, "Box"))["Introduce a factory for `Box` (not run)…"]
    assert action.command is not None and action.command.arguments is not None
    assert action.command.arguments[0]["title"] == action.title
    asked = {"uri": uri, "range": span(one, uri, "Box"), "id": "introduce-factory"}
    answer = await one.command("refactor", {**asked, "title": "Introduce a factory for `Box`"})
    assert (answer["applied"], answer["badge"]) == (True, "not run")
    assert answer["evidence"].startswith("Not run, and not shown to behave the same: ")
    assert [params.label for params in one.taken] == ["Introduce a factory for `Box` (not run)"]
    assert any(f"`Box` (not run): {answer['evidence']}" in said for said in one.messages)
    assert "Box.create(3)" in one.texts[uri]


async def test_a_preview_of_what_is_not_proved_says_so(editor: Start) -> None:
    one = await editor(more={"asksRefactorings": True})
    uri = one.open("a.py", BOX)
    one.refuses = True
    asked = {"uri": uri, "range": span(one, uri, "Box"), "id": "introduce-factory", "preview": True}
    assert not (await one.command("refactor", asked))["applied"]
    (note,) = one.taken[0].edit.change_annotations.values()
    assert note.needs_confirmation and note.label == "Burnish: not run"
    assert "Not run, and not shown to behave the same" in note.description
    assert one.texts[uri] == BOX
