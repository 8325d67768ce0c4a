"""Keeps the engine's adapter in step with the registry: swaps between two requests, never blocks the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from burnish_models.adapters.errors import RegistryError
from burnish_models.engine.base import Engine
from burnish_models.errors import (
    EngineClosedError,
    EngineCrashedError,
    EngineError,
    EngineStartError,
    ModelsError,
)
from burnish_server.serving.choice import BASE, Choice, Chooser, ServedAdapter
from burnish_server.serving.slices import Slices

__all__ = ["AdapterService"]

log = logging.getLogger(__name__)

#: Seconds between two looks at the registry.
FOLLOW_SECONDS = 3.0
#: An adapter with which the engine died so often, each time within :data:`_SUSPECT_SECONDS` of the time before, is given up.
_MOST_CRASHES = 3
_SUSPECT_SECONDS = 60.0


class AdapterService:
    """The adapter of one engine. Lives in one asyncio event loop.

    Args:
        home: Burnish's home folder.
        clock: the time in seconds since the epoch.
        slices: when the model serves alone, for comparison.
        comparing: whether comparison slices are of any use, because outcomes are recorded.
    """

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], float] = time.time,
        slices: Slices | None = None,
        comparing: Callable[[], bool] = lambda: False,
    ) -> None:
        #: The user's setting; see :meth:`Chooser.choose`.
        self.setting = ""
        #: Who answers now.
        self.current = BASE
        #: SHA-256 of the base model's file; empty until it is known.
        self.base_sha256 = ""
        #: What is wrong with an adapter that should be served, in words for the user; empty if nothing is.
        self.detail = ""
        self.chooser = Chooser(home)
        self._clock = clock
        self._slices = slices or Slices()
        self._comparing = comparing
        self._engine: Engine | None = None
        self._model: Path | None = None
        self._choice = Choice()
        self._seen: object = None
        self._since = 0.0
        self._alone = BASE
        self._names: dict[str, ServedAdapter] = {}
        #: What the engine was told last.
        self._applied: str | None = None
        self._refused: set[str] = set()
        self._crashes: dict[str, list[float]] = {}
        self._swapped: list[Callable[[], None]] = []
        self._changed: list[Callable[[], None]] = []
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    # -- for everybody ---------------------------------------------------------------------------------------

    @property
    def active(self) -> ServedAdapter:
        """The adapter in use, also while the model serves alone for comparison."""
        return self._choice.served

    def served(self, adapter: str | None) -> ServedAdapter:
        """Who gave an answer whose engine named ``adapter`` (``None``: the model alone); exact across swaps."""
        if adapter is None:
            return self._alone
        return self._names.get(adapter, ServedAdapter(adapter, adapter))

    def on_swap(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` just before another adapter serves: answers kept for later are of the one before."""
        self._swapped.append(callback)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when something here has another value."""
        self._changed.append(callback)

    # -- for the engine's host -------------------------------------------------------------------------------

    async def prepare(self, model: Path) -> None:
        """Find out what to serve ``model`` with, while its engine loads."""
        self._model, self.base_sha256, self._choice = model, "", Choice()
        self._refused.clear()
        self._crashes.clear()
        await self._choose()

    def attach(self, engine: Engine) -> None:
        """The model alone is served by ``engine``; :meth:`look_now` swaps in what was prepared."""
        self._engine, self._applied, self._since = engine, None, self._clock()

    def detach(self) -> None:
        """The engine is about to be closed."""
        self._engine = None
        self.current = self._alone = BASE

    def start(self) -> None:
        """Follow the registry from now on."""
        if self._following is None:
            self._following = asyncio.create_task(self._follow(), name="burnish-adapter")

    async def close(self) -> None:
        """Follow it no longer."""
        self.detach()
        task, self._following = self._following, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def look(self) -> None:
        """Something may have changed: look at once instead of in a few seconds."""
        self._wake.set()

    def use(self, setting: str) -> None:
        """Take over the user's setting."""
        if setting != self.setting:
            self.setting = setting
            self.chooser.forget()
            self._seen = object()
            self._refused.clear()
            self.look()

    def crashed(self) -> None:
        """The engine died. If that happens again and again with an adapter, the adapter is given up."""
        if self.current.id is not None:
            self._note_crash(self.current.id)

    # -- following -------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), FOLLOW_SECONDS)
            self._wake.clear()
            try:
                await self.look_now()
            except Exception:  # whatever it is, the next look may succeed, and completions go on
                log.exception("The adapter could not be followed")

    async def look_now(self) -> None:
        """Serve with what is to be served now; costs one ``stat`` where nothing has changed."""
        if self._model is None or self._engine is None:
            return
        async with self._lock:
            if self.chooser.stamp() != self._seen or not self.base_sha256 or self.detail:
                await self._choose()
            await self._apply()

    async def _choose(self) -> None:
        model, setting = self._model, self.setting
        if model is None:
            return
        # Taken first: what changes while the registry is read is seen the next time.
        stamp = self.chooser.stamp()
        try:
            choice = await asyncio.to_thread(self.chooser.choose, model, setting, frozenset(self._refused))
        except RegistryError as error:
            log.warning("The adapter is not changed: %s", error)
            self._say(str(error))
            return
        except (ModelsError, OSError) as error:
            log.warning("No adapter is served: %s", error)
            return
        if (model, setting) != (self._model, self.setting):
            return
        if choice.served != self._choice.served:
            self._since = self._clock()
        self._choice, self._seen, self.base_sha256 = choice, stamp, choice.base_sha256
        self._say(choice.detail)

    async def _apply(self) -> None:
        """Make the engine serve what was chosen, or alone in a comparison slice."""
        engine = self._engine
        while engine is not None and engine is self._engine:
            wanted, path = self._wanted()
            if wanted == self.current and self._told(engine) == _stem(path):
                return
            if await self._swap(engine, path, wanted) or wanted.id not in self._refused:
                return
            await self._choose()
            if self._choice.served.id in self._refused:  # nothing else could be found out
                self._choice = replace(self._choice, served=BASE, path=None)

    def _wanted(self) -> tuple[ServedAdapter, Path | None]:
        """Who is to serve now, and the adapter's file."""
        chosen = self._choice.served
        if chosen.id is None or not self._choice.by_registry or not self._comparing():
            return chosen, self._choice.path
        if self._slices.comparison(chosen.id, self._clock(), self._since):
            return ServedAdapter(comparison=True), None
        return chosen, self._choice.path

    def _told(self, engine: Engine) -> str | None:
        """What the engine serves with. One that died may have come back without its adapter; a remote one tells nothing."""
        info = engine.describe()
        return self._applied if info.extra.get("serving") == "remote" else info.adapter

    async def _swap(self, engine: Engine, path: Path | None, wanted: ServedAdapter) -> bool:
        """Swap; whether the engine took it. An adapter that it will never take is remembered as refused."""
        before, self.current = self.current, wanted
        if path is None:
            self._alone = wanted
        else:
            self._names[path.stem] = wanted
        try:
            if _stem(path) != self._told(engine):
                for callback in self._swapped:
                    callback()
                await engine.set_adapter(None if path is None else str(path))
        except (EngineError, ModelsError) as error:
            self.current = before
            self._failed(wanted, error)
            return False
        self._applied = _stem(path)
        alone = "the model alone, for comparison" if wanted.comparison else "the model alone"
        log.info("Served from now on: %s", wanted.name or alone)
        self._tell()
        return True

    def _failed(self, wanted: ServedAdapter, error: Exception) -> None:
        if isinstance(error, EngineClosedError | EngineStartError) or wanted.id is None:
            log.warning("The adapter was not changed: %s", error)
        elif isinstance(error, EngineCrashedError):
            log.warning("The engine died on the adapter %s: %s", wanted.name, error)
            self._note_crash(wanted.id)
        else:
            log.warning("The adapter %s is passed over: %s", wanted.name, error)
            self._refused.add(wanted.id)

    def _note_crash(self, identity: str) -> None:
        now = self._clock()
        times = [at for at in self._crashes.get(identity, []) if now - at < _SUSPECT_SECONDS * _MOST_CRASHES]
        self._crashes[identity] = [*times, now]
        if len(self._crashes[identity]) >= _MOST_CRASHES and identity not in self._refused:
            log.error("The engine died %d times with the adapter %s.", _MOST_CRASHES, identity[:12])
            self._refused.add(identity)
            self._seen = object()
            self.look()

    def _say(self, detail: str) -> None:
        if detail != self.detail:
            self.detail = detail
            if detail:
                log.warning("%s", detail)
            self._tell()

    def _tell(self) -> None:
        for callback in self._changed:
            callback()


def _stem(path: Path | None) -> str | None:
    """How engines name the adapter of a file."""
    return None if path is None else path.stem
