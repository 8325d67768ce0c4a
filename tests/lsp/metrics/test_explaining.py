"""Why figures are beyond their thresholds, from a real client over stdio."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.lsp.metrics.parts import PLAIN, branches, simple
from tests.lsp.perf.editor import Editor, Start

#: Twelve paths; the last three lines can be one.
LONG = (
    branches(count=10).removesuffix("    return a\n")
    + "    if a == 99:\n        return True\n    return False\n"
)


def asked(one: Editor, uri: str, words: str, **more: Any) -> dict[str, Any]:
    place = one.at(uri, words).start
    return {"uri": uri, "position": {"line": place.line, "character": place.character}, **more}


async def actions(one: Editor, uri: str, words: str, *, quiet: bool = False) -> list[Any]:
    kinds = types.CodeActionTriggerKind
    context = types.CodeActionContext(
        await one.hints(uri),
        only=[types.CodeActionKind.QuickFix],
        trigger_kind=kinds.Automatic if quiet else kinds.Invoked,
    )
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), one.at(uri, words), context)
    return list(await one.client.text_document_code_action_async(params) or [])


async def test_a_complex_function_is_explained_with_what_would_lower_it(editor: Start) -> None:
    one = await editor(pyproject=PLAIN)
    uri = one.open("a.py", simple() + "\n\n" + LONG.replace("(a)", "(a: int)"))
    said = await one.command("explainFinding", asked(one, uri, "branches"))
    assert said["title"] == "branches: complexity 12 · C"
    page = said["page"]
    assert page.startswith("# `branches`: complexity 12 · C\n\n`branches` has a cyclomatic complexity of 12")
    assert f"- +1 `if` in [line 6]({uri}#L6)" in page
    help_, _, rule = page.partition("## What would lower it\n\n")[2].partition("## The rule")
    assert "complexity 12 → 11" in help_ and f"]({uri}#L" in help_
    assert "### complex-function" in rule and "ignore[complex-function]" in rule
    with pytest.raises(JsonRpcException, match="nothing to explain"):
        await one.command("explainFinding", asked(one, uri, "simple"))
    with pytest.raises(JsonRpcException, match="not there any more"):
        await one.command("explainFinding", asked(one, uri, "simple", rule="complex-function"))
    about = await one.command("explainFinding", {"rule": "deep-nesting"})
    assert about["page"].startswith("# deep-nesting\n")


async def test_a_file_and_its_first_function_are_told_apart(editor: Start) -> None:
    one = await editor({"metrics": {"maintainability": 99}}, pyproject=PLAIN)
    uri = one.open("a.py", branches() + "\n\n" + simple())
    assert {hint.code for hint in await one.hints(uri)} == {"complex-function", "low-maintainability"}
    function = await one.command("explainFinding", asked(one, uri, "branches"))
    assert function["title"].startswith("branches")
    file = await one.command("explainFinding", asked(one, uri, "branches", rule="low-maintainability"))
    assert file["page"].startswith("# `a.py`: maintainability ")
    assert f"- `branches` in [line 1]({uri}#L1): complexity 12 · C" in file["page"]


async def test_the_action_is_there_for_clients_that_show_pages(editor: Start) -> None:
    one = await editor(pyproject=PLAIN, more={"explainsFindings": True})
    uri = one.open("a.py", branches())
    (action,) = await actions(one, uri, "branches")
    assert action.title == "Explain: complex-function"
    assert [each.code for each in action.diagnostics] == ["complex-function"]
    assert action.command.command == "burnish.explain"
    (given,) = action.command.arguments
    assert given == asked(one, uri, "branches", rule="complex-function")
    assert (await one.command("explainFinding", given))["title"] == "branches: complexity 12 · C"
    # No light for it, and none elsewhere.
    assert await actions(one, uri, "branches", quiet=True) == []
    assert await actions(one, uri, "return 3") == []


async def test_other_clients_have_no_such_action(editor: Start) -> None:
    one = await editor(pyproject=PLAIN)
    uri = one.open("a.py", branches())
    assert await actions(one, uri, "branches") == []
