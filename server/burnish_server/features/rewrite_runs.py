"""One client's runs: a model is asked, what is proved is shown, and taken or sent away."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.uris import to_fs_path

from burnish_analysis.verify.model import VerifyOptions
from burnish_models.engine.base import Engine
from burnish_models.errors import EngineError
from burnish_server.excluded import file_of
from burnish_server.features.perf_file import change
from burnish_server.features.progress import WorkProgress
from burnish_server.features.rewrite_offers import offered
from burnish_server.perf.edits import changes_between
from burnish_server.perf.look import Look
from burnish_server.perf.roots import import_root, needed_roots
from burnish_server.perf.verdicts import Job
from burnish_server.perf.words import UNTRUSTED
from burnish_server.rewrite.asking import Answer, endpoint_of
from burnish_server.rewrite.model import Budget, Kept, Outcome, Wants
from burnish_server.rewrite.renewing import renewed
from burnish_server.rewrite.service import Run
from burnish_server.rewrite.target import Target, target_at
from burnish_server.rewrite.words import explanation, result_of, run_words

if TYPE_CHECKING:
    from burnish_server.server import BurnishServer
    from burnish_server.workspace import BurnishDocument

__all__ = ["Rewrites"]

#: Proposals that can still be taken, the latest.
_KEPT = 60
_NOT_HERE = "There is no function here that could be called and compared: put the cursor into one."


@dataclass(slots=True)
class _Shown:
    """A proposal that the user sees."""

    uri: str
    kept: Kept
    identity: str


class Rewrites:
    """Those of one client."""

    def __init__(self, server: BurnishServer) -> None:
        self._server = server
        self._shown: OrderedDict[tuple[str, str], _Shown] = OrderedDict()
        self._run: Run | None = None

    # -- asking ----------------------------------------------------------------------------------------------

    async def rewrite(
        self, uri: str, line: int, wants: Wants, confirmed: str, *, apply: bool
    ) -> dict[str, Any]:
        """The answer of ``burnish.server.rewrite`` (see :mod:`burnish_server.features.rewrite`)."""
        server = self._server
        began = time.monotonic()
        self._target(uri, line)
        engine = await self._engine()
        document, target = self._target(uri, line)
        endpoint = endpoint_of(engine)
        if endpoint and confirmed != endpoint:
            if not apply or not await self._agreed(endpoint, target):
                return {"endpoint": endpoint}
            # The user may have taken their time.
            document, target = self._target(uri, line)
            if await self._engine() is not engine or endpoint_of(engine) != endpoint:
                return {"endpoint": endpoint_of(await self._engine())}
        if self._run is not None:
            raise JsonRpcInvalidParams(
                f"Versions of {self._run.target.name} are being looked for. Wait for them, or cancel that."
            )
        run = self._run = Run(
            engine,
            server.perf.verdicts,
            target,
            wants,
            self._options(uri, target),
            _BUDGET,
            await self._hints(uri, target),
        )
        try:
            outcome = await self._followed(run)
        except EngineError as error:
            raise JsonRpcInvalidParams(f"The model could not be asked: {error}") from None
        finally:
            self._run = None
        results = self._tell_of(uri, document, run, outcome, began, engine)
        answer = {"results": results, **outcome.figures(), "summary": run_words(outcome)}
        if apply:
            answer["applied"] = await self._apply_best(uri, outcome)
        return answer

    def _target(self, uri: str, line: int) -> tuple[BurnishDocument, Target]:
        """The document and the function.

        Raises:
            JsonRpcInvalidParams: there is none, or it may not be run or shown to a model.
        """
        server = self._server
        document = server.workspace.document(uri)
        if document is None or not document.is_python:
            raise JsonRpcInvalidParams("This is not an open Python file.")
        if server.pipeline.excluded.pattern(file_of(uri)) is not None:
            raise JsonRpcInvalidParams(
                "This file is excluded by burnish.completion.exclude: no model sees it."
            )
        if not server.perf.verdicts.trusted:
            raise JsonRpcInvalidParams(UNTRUSTED)
        target = target_at(document.source, line)
        if target is None:
            raise JsonRpcInvalidParams(_NOT_HERE)
        return document, target

    async def _engine(self) -> Engine:
        """The model; it is loaded where nobody has needed it yet (completions may be off)."""
        host = self._server.host
        if host.engine is None:
            host.start()
            await host.ready()
        engine = host.engine
        if engine is None:
            rule, detail = host.unavailable
            raise JsonRpcInvalidParams(detail or f"The model is not ready ({rule}).")
        return engine

    async def _agreed(self, endpoint: str, target: Target) -> bool:
        """Ask the user in a dialog that every client has."""
        action = types.MessageActionItem(f"Send to {endpoint}")
        asked = types.ShowMessageRequestParams(
            types.MessageType.Warning,
            f"Burnish: the code of `{target.name}` and the imports of its file will be sent to {endpoint}.",
            [action, types.MessageActionItem("Cancel")],
        )
        chosen = await self._server.window_show_message_request_async(asked)
        return chosen is not None and chosen.title == action.title

    def _options(self, uri: str, target: Target) -> VerifyOptions:
        folders = [Path(name) for one in self._server.workspace.folders if (name := to_fs_path(one))]
        path = file_of(uri)
        roots, module = import_root(Path(path), folders) if path else ((), "")
        return VerifyOptions(path=needed_roots(target.text.text, roots), module=module)

    async def _hints(self, uri: str, target: Target) -> list[str]:
        """What performance rules say of the function."""
        look = await self._server.perf.look(uri)
        if look is None:
            return []
        first, last = target.first - 1, (target.node.end_lineno or target.first) - 1
        return [found.message for found in look.found if first <= look.source.line_of(found.start) <= last]

    async def _followed(self, run: Run) -> Outcome:
        """The run, with a bar that the user can stop it by."""
        progress = WorkProgress(
            self._server, f"Burnish: rewriting {run.target.own}", cancellable=True, on_cancel=run.stop
        )
        run.tell = lambda share, words: progress.report(words, share * 100)
        self._server.perf.background(progress.begin("reading the function"))
        try:
            return await run.done()
        finally:
            progress.end()

    def _tell_of(
        self, uri: str, document: BurnishDocument, run: Run, outcome: Outcome, began: float, engine: Engine
    ) -> list[dict[str, Any]]:
        """The results as the client sees them; the record is told of each."""
        results = []
        for kept in outcome.kept:
            identity = ""
            if document.source == kept.before:
                answer: Answer = run.answers[kept.key]
                identity = offered(self._server, uri, run.target, kept, answer, engine, began)
            self._shown[uri, kept.key] = _Shown(uri, kept, identity)
            results.append(result_of(kept, run.target))
        while len(self._shown) > _KEPT:
            self._shown.popitem(last=False)
        return results

    async def _apply_best(self, uri: str, outcome: Outcome) -> bool:
        if not outcome.kept:
            told = types.ShowMessageParams(types.MessageType.Info, f"Burnish: {run_words(outcome)}.")
            self._server.window_show_message(told)
            return False
        return bool((await self.apply(uri, outcome.kept[0].key))["applied"])

    # -- taking and sending away -------------------------------------------------------------------------------

    async def apply(self, uri: str, key: str) -> dict[str, Any]:
        """Put a proposal into the document; only where what was proved of it holds for the present text."""
        shown = self._known(uri, key)
        document = self._server.workspace.document(uri)
        if document is None:
            return _refused("The document is not open any more.")
        text = document.source
        after = shown.kept.after
        if text != shown.kept.before:
            again = renewed(shown.kept, text)
            if again is None:
                return _refused("The function has changed since this was proved. Ask for it again.")
            verdicts, after = self._server.perf.verdicts, again
            known = await verdicts.recall(Job(text, after, shown.kept.function, self._options_for(uri, text)))
            if known is None or known.verdict != "equivalent" or known.strength != "tested":
                return _refused(
                    "What the function depends on has changed since this was proved. Ask for it again."
                )
        look = Look(document.snapshot, document.version, file_of(uri))
        if look.source.text != text:
            return _refused("The code has changed meanwhile.")
        label = f"Burnish: {shown.kept.title}"
        applied = await change(self._server, uri, look, changes_between(text, after), label)
        if applied and shown.identity:
            self._server.learning.accepted(uri, shown.identity)
        return {"applied": applied, "reason": "" if applied else "The editor did not take the change."}

    def reject(self, uri: str, key: str) -> dict[str, Any]:
        """The user does not want a proposal."""
        shown = self._known(uri, key)
        del self._shown[uri, key]
        if shown.identity:
            self._server.learning.reported("dismissed", uri, shown.identity)
        return {"rejected": True}

    def explained(self, uri: str, key: str) -> dict[str, str] | None:
        """Title and page on a proposal that is shown: why it is better; None where there is no such proposal."""
        shown = self._shown.get((uri, key))
        if shown is None:
            return None
        document = self._server.workspace.document(uri)
        changed = document is None or document.source != shown.kept.before
        return {"title": shown.kept.title, "page": explanation(shown.kept, changed=changed)}

    def end(self) -> None:
        """The client goes away."""
        if self._run is not None:
            self._run.stop()

    def _known(self, uri: str, key: str) -> _Shown:
        shown = self._shown.get((uri, key))
        if shown is None:
            raise JsonRpcInvalidParams("This proposal is not known any more. Ask for it again.")
        return shown

    def _options_for(self, uri: str, text: str) -> VerifyOptions:
        folders = [Path(name) for one in self._server.workspace.folders if (name := to_fs_path(one))]
        path = file_of(uri)
        roots, module = import_root(Path(path), folders) if path else ((), "")
        return VerifyOptions(path=needed_roots(text, roots), module=module, seconds=_BUDGET.verify_seconds)


_BUDGET = Budget()


def _refused(reason: str) -> dict[str, Any]:
    return {"applied": False, "reason": reason}
