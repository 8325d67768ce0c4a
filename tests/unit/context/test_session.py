"""The context of a file over time: it grows at its end only, when that costs nothing, and never beyond its budget."""

from __future__ import annotations

import asyncio
import time
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish_analysis.graph.store import GraphStore, store_path
from burnish_models.engine.base import FimPrompt
from burnish_server.completion.model import CompletionRequest
from burnish_server.completion.window import Budget, build_window
from burnish_server.context import session as session_module
from burnish_server.context.feed import GraphFeed
from burnish_server.context.recent import RecentWork
from burnish_server.context.select import CHARACTERS_PER_TOKEN, size_of, tokens_of
from burnish_server.context.session import Session
from burnish_server.context.source import SHARE, ContextSource
from burnish_server.documents import SourceText
from tests.unit.context.projects import FILES, graph_of

MAIN = FILES["shop/main.py"]
LONG = (
    MAIN + "\n\n" + "".join(f"def filler_{i}(a, b):\n    return a + b * {i}\n\n\n" for i in range(400)) + MAIN
)


class Indexed(GraphFeed):
    """A feed whose folder is indexed already."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        super().__init__(root)
        self._root, self._graph = root, graph_of(files)

    def locate(self, path: str):  # type: ignore[no-untyped-def]
        return self._root, self._graph, Path(path).relative_to(self._root).as_posix()


def source_of(root: Path) -> ContextSource:
    return ContextSource(Indexed(root, FILES))


def ask(
    context: ContextSource,
    root: Path,
    text: str,
    offset: int,
    *,
    tokens: int = 2048,
    idle: bool = False,
    rate: float = 0,
) -> FimPrompt:
    path = root / "shop" / "main.py"
    request = CompletionRequest(path.as_uri(), SourceText(text), offset, str(path))
    return context.prompt(request, tokens, rate, idle=idle)


def test_the_first_prompt_has_it_in_the_repositorys_names(tmp_path: Path) -> None:
    prompt = ask(source_of(tmp_path), tmp_path, MAIN, MAIN.index("store.\n") + 6)
    assert (prompt.path, prompt.repository) == ("shop/main.py", tmp_path.name)
    assert any("def reserve" in file.text for file in prompt.context)


def test_typing_changes_nothing_before_the_middle(tmp_path: Path) -> None:
    context = source_of(tmp_path)
    offset = MAIN.index("store.\n") + 6
    first = ask(context, tmp_path, MAIN, offset)
    typed = "reserve(open_store('a').limit)\n    receipt = Receipt("
    for size in range(1, len(typed) + 1):
        text = MAIN[:offset] + typed[:size] + MAIN[offset:]
        prompt = ask(context, tmp_path, text, offset + size)
        assert prompt.context == first.context


def test_a_jump_appends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = source_of(tmp_path)
    first = ask(context, tmp_path, LONG, LONG.index("price = ") + len("price = "), tokens=4096)
    jumped = ask(context, tmp_path, LONG, LONG.rindex('reserve("a").') + len('reserve("a").'), tokens=4096)
    assert len(jumped.context) > len(first.context) > 0
    assert jumped.context[: len(first.context)] == first.context
    assert "def undo" in jumped.context[-1].text


def test_an_idle_moment_appends_what_matters_and_not_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = source_of(tmp_path)
    text = "from shop.stock import Receipt, open_store\n" + "\n" * 40 + "open_store("
    first = ask(context, tmp_path, text, len(text))
    assert "def reserve" in str(first.context) and "def undo" not in str(first.context)
    text += ")\nReceipt."
    assert ask(context, tmp_path, text, len(text), idle=True).context == first.context
    monkeypatch.setattr(session_module, "_IDLE_PAUSE", 0.0)
    assert ask(context, tmp_path, text, len(text)).context == first.context
    assert ask(context, tmp_path, text, len(text), idle=True, rate=100.0).context == first.context
    later = ask(context, tmp_path, text, len(text), idle=True, rate=10_000.0)
    assert later.context[: len(first.context)] == first.context
    assert "def undo" in later.context[-1].text


def test_the_first_idle_moment_after_the_graph_is_ready_fills_it(tmp_path: Path) -> None:
    context = source_of(tmp_path)
    feed = context.feed
    assert isinstance(feed, Indexed)
    ready, feed._graph = feed._graph, graph_of({})
    offset = MAIN.index("store.\n") + 6
    assert ask(context, tmp_path, MAIN, offset).context == ()
    feed._graph = ready
    assert ask(context, tmp_path, MAIN, offset).context == ()
    assert "def reserve" in str(ask(context, tmp_path, MAIN, offset, idle=True).context)


def test_a_slow_machine_gets_less(tmp_path: Path) -> None:
    offset = MAIN.index("store.\n") + 6
    fast = ask(source_of(tmp_path), tmp_path, MAIN, offset)
    slow = ask(source_of(tmp_path), tmp_path, MAIN, offset, rate=60.0)
    assert size_of(slow.context) <= 60 * CHARACTERS_PER_TOKEN
    assert size_of(slow.context) < size_of(fast.context)


def test_a_definition_that_changed_is_shown_anew_after_a_jump(tmp_path: Path) -> None:
    context = source_of(tmp_path)
    offset = LONG.index("store.\n") + 6
    assert "sku: str" in str(ask(context, tmp_path, LONG, offset).context)
    feed = context.feed
    assert isinstance(feed, Indexed)
    changed = graph_of({"shop/stock.py": FILES["shop/stock.py"].replace("sku: str", "article: int")})
    feed._graph.put("shop/stock.py", changed.get("shop/stock.py"))
    ask(context, tmp_path, LONG, len(LONG) // 2)
    again = str(ask(context, tmp_path, LONG, LONG.rindex("store.\n") + 6).context)
    assert "article: int" in again and "reserve(self, sku: str" not in again


def test_a_closed_document_starts_afresh_and_documents_are_bounded(tmp_path: Path) -> None:
    context = source_of(tmp_path)
    for number in range(60):
        path = tmp_path / f"m{number}.py"
        context.prompt(CompletionRequest(path.as_uri(), SourceText("x"), 1, str(path)), 2048, idle=False)
    assert len(context._sessions) < 60
    uri = (tmp_path / "m59.py").as_uri()
    context.closed(uri)
    assert uri not in context._sessions


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("type"), st.text(alphabet="abSt._(:\n )é\U0001f600", min_size=1, max_size=8)),
        st.tuples(st.just("jump"), st.integers(0, len(LONG))),
        st.tuples(st.just("delete"), st.integers(1, 30)),
        st.tuples(st.just("idle"), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.sampled_from([512, 1024, 2048]))
def test_over_any_session_it_only_grows_and_fits(
    tmp_path: Path, steps: list[tuple[str, object]], tokens: int
) -> None:
    """It changes only where most of the prompt is evaluated anew without that, or grows in an idle moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_module, "_IDLE_PAUSE", 0.0)
        context = source_of(tmp_path)
        text, offset = LONG, LONG.index("store.\n") + 6
        last: FimPrompt | None = None
        for kind, value in steps:
            if kind == "type":
                assert isinstance(value, str)
                text, offset = text[:offset] + value + text[offset:], offset + len(value)
            elif kind == "jump":
                assert isinstance(value, int)
                offset = min(value, len(text))
            elif kind == "delete":
                assert isinstance(value, int)
                begin = max(0, offset - value)
                text, offset = text[:begin] + text[offset:], begin
            prompt = ask(context, tmp_path, text, offset, tokens=tokens, idle=kind == "idle")
            assert size_of(prompt.context) <= int(tokens * SHARE) * CHARACTERS_PER_TOKEN
            if last is not None and prompt.context != last.context:
                grown = prompt.context[: len(last.context)] == last.context
                little = kept_without_change(last, text, offset, tokens) <= 0.36
                assert little or (grown and kind == "idle")
            last = prompt


def kept_without_change(last: FimPrompt, text: str, offset: int, tokens: int) -> float:
    """The share of the prompt with the context left as it was that the engine has evaluated."""
    budget = Budget.of_context(tokens - tokens_of(last.context))
    now = build_window(SourceText(text), offset, budget).prompt
    parts = [now.prefix, "\0", now.suffix, "\1", now.typed]
    pairs = zip("".join(parts), f"{last.prefix}\0{last.suffix}\1{last.typed}", strict=False)
    common = [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs) if one not in "\0\1"]
    return len(common) / max(1, sum(map(len, parts)) - 2)


def test_moments() -> None:
    session = Session()
    prompt = FimPrompt("a" * 900, "typed", "b" * 100)
    assert session.moment(prompt, idle=False).free
    session.served(prompt)
    assert session.moment(prompt, idle=False).kept == 1.0
    assert not session.moment(FimPrompt("a" * 900 + "more", "", "b" * 100), idle=False).free
    assert session.moment(FimPrompt("c" * 900, "", "b" * 100), idle=False).free


def test_recent_work_shows_places_edited_in_other_files() -> None:
    recent = RecentWork()
    recent.edited("/w/shop/prices.py", FILES["shop/prices.py"], 0)
    recent.edited("/w/shop/main.py", MAIN, 5)
    recent.edited("/elsewhere/x.py", "secret = 1\n", 0)
    found = list(recent.candidates("/w", "/w/shop/main.py", graph_of()))
    assert {candidate.path for candidate in found} == {"shop/prices.py"}
    assert "TAX = 0.2" in found[0].symbol.signature
    assert [c.symbol.name for c in found[1:]] == ["price_of"]
    recent.closed("/w/shop/prices.py")
    assert not list(recent.candidates("/w", "/w/shop/main.py", graph_of()))


def test_recent_work_stays_in_the_folder() -> None:
    recent = RecentWork()
    recent.edited("/w/shop-private/prices.py", FILES["shop/prices.py"], 0)
    recent.edited("/w/shop/main.py", MAIN, 5)
    assert not list(recent.candidates("/w/shop", "/w/shop/main.py", graph_of()))
    assert [c.path for c in recent.candidates("/", "/w/shop/main.py", graph_of())] == [
        "w/shop-private/prices.py"
    ]


def test_a_place_is_forgotten_with_the_text_of_its_file() -> None:
    recent = RecentWork()
    recent.edited("/w/shop/prices.py", FILES["shop/prices.py"], 0)
    for number in range(40):
        recent.opened(f"/w/{number}.py", "x = 1\n")
    assert not list(recent.candidates("/w", "/w/39.py", graph_of()))


def test_making_a_context_is_quick_enough_for_the_event_loop(tmp_path: Path) -> None:
    big = LONG * 5
    context = source_of(tmp_path)
    ask(context, tmp_path, big, len(big) // 2)
    began = time.process_time()
    for number in range(5):
        ask(context, tmp_path, big, len(big) * (number + 1) // 7)
    assert (time.process_time() - began) / 5 < 0.05


async def test_the_feed_follows_disk_and_open_documents(tmp_path: Path) -> None:
    root = tmp_path / "work"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "node_modules").mkdir()
    (root / "node_modules" / "x.py").write_text("hidden = 1\n")
    feed = GraphFeed(tmp_path / "home")
    feed.start([root])
    await asyncio.wait_for(feed.settled(), 30)
    located = feed.locate(str(root / "shop" / "main.py"))
    assert located is not None
    graph = located[1]
    assert graph.paths() == sorted(FILES)
    stock = root / "shop" / "stock.py"
    feed.changed(stock.as_uri(), "def half(written\n" + FILES["shop/stock.py"])
    (root / "shop" / "prices.py").unlink()
    feed.changed_on_disk((root / "shop" / "prices.py").as_uri())
    await asyncio.wait_for(feed.settled(), 30)
    found = graph.get("shop/stock.py")
    assert found is not None and found.find("Store.reserve") is not None
    assert graph.get("shop/prices.py") is None
    await feed.close()
    assert feed.locate(str(stock)) is None


async def test_the_feed_outlives_its_process(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    feed = GraphFeed(tmp_path / "home")
    feed.start([tmp_path])
    await asyncio.wait_for(feed.settled(), 30)
    process = feed._folders[tmp_path]._process._process
    assert process is not None
    process.kill()
    await process.wait()
    (tmp_path / "a.py").write_text("changed = 1\n")
    feed.changed_on_disk((tmp_path / "a.py").as_uri())
    await asyncio.wait_for(feed.settled(), 30)
    located = feed.locate(str(tmp_path / "a.py"))
    assert located is not None
    found = located[1].get("a.py")
    assert found is not None and found.find("changed") is not None
    await feed.close()


def shown(context: ContextSource, root: Path) -> str:
    prompt = ask(context, root, MAIN, MAIN.index("store.\n") + 6)
    return "".join(file.text for file in prompt.context)


def test_excluded_files_are_not_shown_from_the_moment_they_are_excluded(tmp_path: Path) -> None:
    context = source_of(tmp_path)
    stock = tmp_path / "shop" / "stock.py"
    context.opened(stock.as_uri(), FILES["shop/stock.py"])
    context.changed(stock.as_uri(), FILES["shop/stock.py"], 5)
    assert "def reserve" in shown(context, tmp_path)
    context.excluded.put(None, ["stock.py"], [tmp_path])
    for text in (shown(context, tmp_path), shown(context, tmp_path)):
        assert "reserve" not in text and "goods lie" not in text
    context.excluded.remove(None)
    assert "def reserve" in shown(context, tmp_path)


async def test_the_feed_reads_no_excluded_files_and_drops_those_it_has_read(tmp_path: Path) -> None:
    root = tmp_path / "work"
    (root / "shop").mkdir(parents=True)
    for name, text in FILES.items():
        (root / name).write_text(text)
    feed = GraphFeed(tmp_path / "home")
    feed.excluded.put(None, ["prices.py"], [root])
    feed.start([root])
    await asyncio.wait_for(feed.settled(), 30)
    located = feed.locate(str(root / "shop" / "main.py"))
    assert located is not None
    graph = located[1]
    assert graph.paths() == sorted(FILES.keys() - {"shop/prices.py"})
    stock = root / "shop" / "stock.py"
    feed.changed(stock.as_uri(), "unsaved = 1\n" + FILES["shop/stock.py"])
    await asyncio.wait_for(feed.settled(), 30)
    feed.excluded.put(None, ["stock.py"], [root])
    feed.changed(stock.as_uri(), "unsaved = 2\n")
    await asyncio.wait_for(feed.settled(), 30)
    assert graph.paths() == sorted(FILES.keys() - {"shop/stock.py"})
    await feed.close()
    assert set(GraphStore(store_path(tmp_path / "home", root)).load()) == FILES.keys() - {"shop/stock.py"}
