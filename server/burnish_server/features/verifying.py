"""What all code actions share: which kinds are asked for, verifying with a progress bar, and noticing that the code has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from burnish_server.features.progress import WorkProgress
from burnish_server.perf.look import Look
from burnish_server.perf.verdicts import Job, Stoppable, VerificationCancelledError

if TYPE_CHECKING:
    from burnish_analysis.verify.model import Verdict
    from burnish_server.server import BurnishServer

__all__ = ["OVERTAKEN", "command", "disables", "resolves", "tell", "unchanged", "verdict_of", "wanted"]

OVERTAKEN = "The code has changed while the fix was verified, so it was not applied. Ask for it again."


class _Looking(Protocol):
    """What looks at documents."""

    async def look(self, uri: str) -> Look | None:
        """What is found in the present text."""


def wanted(only: Sequence[types.CodeActionKind | str] | None) -> Callable[[str], bool]:
    """Whether a kind of action is asked for."""
    kinds = [str(getattr(kind, "value", kind)) for kind in only or ()]

    def asked_for(kind: str) -> bool:
        return not kinds or any(asked == "" or f"{kind}.".startswith(f"{asked}.") for asked in kinds)

    return asked_for


def command(title: str, name: str, arguments: list[Any]) -> types.Command:
    """A command of a code action's."""
    return types.Command(title, name, arguments=arguments)


def resolves(server: BurnishServer) -> bool:
    """Whether the client asks for an action's edit when it is chosen."""
    document = server.client_capabilities.text_document
    actions = document.code_action if document else None
    return bool(actions and actions.resolve_support and "edit" in actions.resolve_support.properties)


def disables(server: BurnishServer) -> bool:
    """Whether the client shows actions that cannot be chosen, with the reason."""
    document = server.client_capabilities.text_document
    return bool(document and document.code_action and document.code_action.disabled_support)


def tell(server: BurnishServer, words: str, kind: types.MessageType = types.MessageType.Info) -> None:
    """Say something on an action that was chosen: editors have nowhere to show why it did nothing, or on what evidence it did."""
    server.window_show_message(types.ShowMessageParams(kind, f"Burnish: {words}"))


async def verdict_of(server: BurnishServer, job: Job, title: str) -> Verdict:
    """The verdict on a change, with a progress bar where it takes time.

    Raises:
        JsonRpcRequestCancelled: the user has cancelled it.
    """
    verdicts = server.perf.verdicts
    stoppable = Stoppable()
    progress = WorkProgress(server, "Burnish: verifying", cancellable=True, on_cancel=stoppable.stop)
    if verdicts.trusted and await verdicts.recall(job) is None:
        server.perf.background(progress.begin(title))
    try:
        return await stoppable.wait(
            verdicts.verdict(job, lambda share, words: progress.report(words, share * 100))
        )
    except VerificationCancelledError:
        raise JsonRpcRequestCancelled("The verification was cancelled.") from None
    finally:
        progress.end()


async def unchanged(uri: str, look: Look, key: str, service: _Looking) -> tuple[Look, bool] | None:
    """The document as it is now, and whether its text is the same; None where what was offered is not there any more.

    Editors apply a resolved edit to whatever text they have by then.
    """
    now = await service.look(uri)
    if now is None or now.one(key) is None:
        return None
    return now, now.source.text == look.source.text
