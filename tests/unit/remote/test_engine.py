from __future__ import annotations

import asyncio
import logging
import math
import time

import pytest

from burnish_models.engine.base import Chunk, FimPrompt, Finish, GenerateRequest, StopRules
from burnish_models.remote.engine import RemoteEngine
from burnish_models.remote.errors import (
    RemoteBusyError,
    RemoteContextError,
    RemoteDialectError,
    RemoteError,
    RemoteKeyError,
    RemoteModelError,
    RemoteTimeoutError,
    RemoteTlsError,
    RemoteUnreachableError,
)
from burnish_models.remote.settings import RemoteSettings
from tests.unit.remote.endpoint import MODEL, Endpoint, Exchange, fails, in_turn, openai_event, running, says

KEY = "sk-very-secret-1234"
PROMPT = FimPrompt("def f(a):\n", "    return", "\n")


def ask(**options: object) -> GenerateRequest:
    return GenerateRequest(PROMPT, **options)  # type: ignore[arg-type]


def engine_for(url: str, **options: object) -> RemoteEngine:
    settings = RemoteSettings(url, **{"backoff_s": 0.01} | options)  # type: ignore[arg-type]
    return RemoteEngine(settings, key=lambda: KEY)


async def read(engine: RemoteEngine, request: GenerateRequest) -> tuple[str, Finish, list[Chunk]]:
    chunks = [chunk async for chunk in engine.generate(request)]
    finish = chunks[-1].finish
    assert finish is not None
    assert all(chunk.finish is None for chunk in chunks[:-1])
    return "".join(chunk.text for chunk in chunks), finish, chunks


async def until(condition: object, seconds: float = 2.0) -> None:
    assert callable(condition)
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.005)


async def test_a_line_is_streamed_and_the_connection_closed_at_its_end() -> None:
    closed = asyncio.Event()

    async def endless(exchange: Exchange) -> None:
        await exchange.start_stream()
        for token in (" a", " +", " 1", "\n", "\n", "more"):
            await exchange.event(openai_event(token))
        await exchange.closed()
        closed.set()

    async with running(completions=endless) as endpoint:
        engine = engine_for(endpoint.url)
        text, finish, chunks = await read(engine, ask())
        assert text == " a + 1"
        assert [chunk.text for chunk in chunks] == [" a", " +", " 1", ""]
        assert (finish.reason, finish.generated_tokens) == ("stop", 4)
        assert finish.logprobs == pytest.approx([math.log(0.5)] * 4)
        await asyncio.wait_for(closed.wait(), 2)
        sent = endpoint.asked("/v1/completions")[0]
        assert sent.body["prompt"] == ("<|fim_prefix|>def f(a):\n<|fim_suffix|>\n<|fim_middle|>    return")
        assert sent.headers["authorization"] == f"Bearer {KEY}"
        info = engine.describe()
        assert (info.state, info.model, info.fim_family) == ("ready", "qwen2.5-coder", "qwen2.5-coder")
        assert f"127.0.0.1:{endpoint.port}" in info.backend
        await engine.close()


async def test_end_tokens_printed_as_text_end_the_answer_unseen() -> None:
    async with running(completions=says(" a", "<|fim", "_pad|>", "junk")) as endpoint:
        engine = engine_for(endpoint.url)
        text, finish, _ = await read(engine, ask(stop=StopRules(single_line=False)))
        assert (text, finish.reason) == (" a", "eos")
        await engine.close()


async def test_a_block_stops_at_the_scope() -> None:
    async with running(completions=says(" a\n", "    b\n", "c")) as endpoint:
        engine = engine_for(endpoint.url)
        text, finish, _ = await read(engine, ask(stop=StopRules(single_line=False, min_indent=4)))
        assert (text, finish.reason) == (" a\n    b", "stop")
        await engine.close()


async def test_without_probabilities_there_is_no_confidence() -> None:
    async with running(completions=says(" a", "\n", probability=None)) as endpoint:
        engine = engine_for(endpoint.url)
        _, finish, _ = await read(engine, ask())
        assert (finish.logprobs, finish.generated_tokens) == ((), 2)
        assert engine.gives_logprobs is False
        await engine.close()


@pytest.mark.parametrize(
    ("handler", "error", "words"),
    [
        (fails(401, '{"error": {"message": "bad key ' + KEY + '"}}'), RemoteKeyError, "refuses the key"),
        (fails(403, "no"), RemoteKeyError, "refuses the key"),
        (
            fails(404, '{"error": {"message": "The model `x` does not exist"}}'),
            RemoteModelError,
            "does not serve",
        ),
        (fails(404, '{"detail": "Not Found"}'), RemoteDialectError, "not a completion endpoint"),
        (fails(405, ""), RemoteDialectError, "not a completion endpoint"),
        (fails(200, "<html>log in</html>", kind="text/html"), RemoteDialectError, "web page"),
        (fails(302, "", Location="https://elsewhere.example/"), RemoteDialectError, "redirects"),
        (fails(400, '{"error": "This exceeds the maximum context length"}'), RemoteContextError, "too long"),
        (fails(500, '{"error": {"message": "out of memory"}}'), RemoteError, "out of memory"),
        (fails(503, '{"error": {"message": "Loading model"}}'), RemoteBusyError, "busy or starting"),
        (fails(200, 'data: {"cut": \n\n', kind="text/event-stream"), RemoteUnreachableError, "cut off"),
        (fails(200, 'data: {"other": 1}\n\n', kind="text/event-stream"), RemoteDialectError, "dialect"),
        (
            fails(200, 'data: {"error": {"code": 503, "message": "gone"}}\n\n', kind="text/event-stream"),
            RemoteBusyError,
            "gone",
        ),
        (fails(200, "", kind="text/event-stream"), RemoteUnreachableError, "in the middle"),
    ],
)
async def test_a_refusal_says_what_to_do_and_never_the_key(
    handler: object, error: type[RemoteError], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(completions=handler) as endpoint:  # type: ignore[arg-type]
        engine = engine_for(endpoint.url)
        with pytest.raises(error, match=words) as caught:
            await read(engine, ask())
        assert type(caught.value) is error
        assert f"127.0.0.1:{endpoint.port}" in str(caught.value)
        assert KEY not in str(caught.value) + caplog.text + repr(engine.describe())
        await engine.close()


async def test_nobody_listens() -> None:
    engine = engine_for("http://127.0.0.1:9")
    with pytest.raises(RemoteUnreachableError, match="cannot be reached"):
        await engine.load()
    assert engine.describe().state == "failed"
    await engine.close()


async def test_https_where_only_http_is_spoken() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    engine = engine_for(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(RemoteTlsError, match="http and https"):
        await engine.load()
    await engine.close()
    server.close()


async def test_a_passing_failure_is_asked_again() -> None:
    busy = fails(503, "{}")
    async with running(completions=in_turn(busy, busy, says(" a", "\n"))) as endpoint:
        engine = engine_for(endpoint.url)
        assert (await read(engine, ask()))[0] == " a"
        assert len(endpoint.asked("/v1/completions")) == 3
        await engine.close()


async def test_retries_end() -> None:
    async with running(completions=fails(429, "{}")) as endpoint:
        engine = engine_for(endpoint.url, retries=2)
        with pytest.raises(RemoteBusyError):
            await read(engine, ask())
        assert len(endpoint.asked("/v1/completions")) == 3
        await engine.close()


async def test_retry_after_is_waited_for_or_not_tried_at_all() -> None:
    async with running(completions=in_turn(fails(429, "{}", Retry_After="1"), says(" a", "\n"))) as endpoint:
        engine = engine_for(endpoint.url)
        began = time.monotonic()
        assert (await read(engine, ask()))[0] == " a"
        assert time.monotonic() - began >= 1.0
        await engine.close()
    async with running(completions=fails(429, "{}", Retry_After="3600")) as endpoint:
        engine = engine_for(endpoint.url)
        with pytest.raises(RemoteBusyError) as caught:
            await read(engine, ask())
        assert caught.value.retry_after_s == 3600
        assert len(endpoint.asked("/v1/completions")) == 1
        await engine.close()


async def test_nothing_is_asked_again_after_the_first_token() -> None:
    async def broken(exchange: Exchange) -> None:
        await exchange.start_stream()
        await exchange.event(openai_event(" a"))

    async with running(completions=broken) as endpoint:
        engine = engine_for(endpoint.url)
        text = ""
        with pytest.raises(RemoteUnreachableError) as caught:
            async for chunk in engine.generate(ask()):
                text += chunk.text
        assert text == " a"
        assert caught.value.logprobs == pytest.approx([math.log(0.5)])
        assert len(endpoint.asked("/v1/completions")) == 1
        await engine.close()


async def stall(exchange: Exchange) -> None:
    await exchange.start_stream()
    await exchange.event(openai_event(" a"))
    await exchange.closed()


async def test_a_deadline_gives_what_there_is() -> None:
    async with running(completions=stall) as endpoint:
        engine = engine_for(endpoint.url)
        text, finish, _ = await read(engine, ask(deadline_ms=150))
        assert (text, finish.reason) == (" a", "deadline")
        assert finish.timings.total_ms == pytest.approx(150, abs=100)
        await until(lambda: endpoint.active == 0)
        await engine.close()


async def test_silence_is_a_timeout() -> None:
    async def silent(exchange: Exchange) -> None:
        await exchange.closed()

    async with running(completions=silent) as endpoint:
        engine = engine_for(endpoint.url, first_token_timeout_s=0.15)
        with pytest.raises(RemoteTimeoutError):
            await read(engine, ask())
        await until(lambda: endpoint.active == 0)
        await engine.close()


async def test_cancel_closes_the_connection() -> None:
    async with running(completions=stall) as endpoint:
        engine = engine_for(endpoint.url)
        reading = asyncio.create_task(read(engine, ask()))
        await until(lambda: endpoint.active == 1 and endpoint.asked("/v1/completions"))
        await engine.cancel()
        _, finish, _ = await asyncio.wait_for(reading, 1)
        assert finish.reason == "cancelled"
        await until(lambda: endpoint.active == 0)
        await engine.close()


async def test_closing_the_stream_closes_the_connection() -> None:
    async with running(completions=stall) as endpoint:
        engine = engine_for(endpoint.url)
        stream = engine.generate(ask())
        assert (await anext(stream)).text == " a"
        await stream.aclose()  # type: ignore[attr-defined]
        await until(lambda: endpoint.active == 0)
        await engine.close()


async def test_no_more_requests_at_once_than_allowed() -> None:
    async with running(completions=says(" a", "\n", pause=0.05)) as endpoint:
        engine = engine_for(endpoint.url, max_concurrent=2)
        await engine.load()
        answers = await asyncio.gather(*(read(engine, ask()) for _ in range(6)))
        assert [text for text, _, _ in answers] == [" a"] * 6
        assert endpoint.most_active == 2
        assert max(finish.timings.queue_ms for _, finish, _ in answers) > 50
        await engine.close()


async def test_a_warm_up_sends_nothing() -> None:
    async with running(completions=says("x")) as endpoint:
        engine = engine_for(endpoint.url)
        assert (await read(engine, ask(generate=False)))[0] == ""
        assert endpoint.seen == []
        await engine.close()


async def test_no_proxy_between_this_machine_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with running(completions=says(" a", "\n")) as endpoint:
        engine = engine_for(endpoint.url)
        assert (await read(engine, ask()))[0] == " a"
        await engine.close()


class TestDetection:
    async def test_ollama(self) -> None:
        async def tags(exchange: Exchange) -> None:
            await exchange.json({"models": [{"name": "llama3:8b"}, {"name": "qwen2.5-coder:1.5b"}]})

        async def generate(exchange: Exchange) -> None:
            await exchange.start_stream("application/x-ndjson")
            listed = [{"token": " a", "logprob": -0.5}]
            await exchange.send(
                '{"response": " a", "done": false, "logprobs": ' + str(listed).replace("'", '"') + "}\n"
            )
            await exchange.send(
                '{"response": "", "done": true, "done_reason": "stop", "prompt_eval_count": 9, '
                '"prompt_eval_duration": 2000000}\n'
            )

        endpoint = Endpoint({"/api/tags": tags, "/api/generate": generate})
        await endpoint.start()
        engine = engine_for(endpoint.url)
        text, finish, _ = await read(engine, ask())
        assert (text, finish.reason, finish.prompt_tokens, finish.logprobs) == (" a", "eos", 9, (-0.5,))
        assert finish.timings.prefill_ms == 2.0
        body = endpoint.asked("/api/generate")[0].body
        assert (body["model"], body["raw"]) == ("qwen2.5-coder:1.5b", True)
        assert body["prompt"].endswith("<|fim_middle|>    return")
        await engine.close()
        await endpoint.kill()

    async def test_vllm(self) -> None:
        async def listed(exchange: Exchange) -> None:
            entry = {"id": "our-coder", "owned_by": "vllm", "max_model_len": 6000}
            await exchange.json({"data": [entry]})

        async def tokenize(exchange: Exchange) -> None:
            known = {"<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>", "<repo_name>"}
            await exchange.json({"tokens": [1] if exchange.body["prompt"] in known else [1, 2]})

        async with running(completions=says(" a", "\n")) as endpoint:
            endpoint.handlers |= {"/v1/models": listed, "/tokenize": tokenize}
            engine = engine_for(endpoint.url + "/v1/")
            await engine.load()
            info = engine.describe()
            assert (info.extra["dialect"], info.fim_family, info.context_tokens) == (
                "vllm",
                "starcoder2",
                6000,
            )
            await read(engine, ask())
            assert "stream_options" in endpoint.asked("/v1/completions")[0].body
            await engine.close()

    async def test_llama_server_of_an_unknown_model_renders_itself(self) -> None:
        async def props(exchange: Exchange) -> None:
            await exchange.json(
                {"default_generation_settings": {"n_ctx": 3000}, "model_path": "/models/x.gguf"}
            )

        async def infill(exchange: Exchange) -> None:
            await exchange.start_stream()
            await exchange.event({"content": " a", "stop": False, "tokens_evaluated": 7})
            await exchange.event(
                {"content": "", "stop": True, "stop_type": "limit", "timings": {"cache_n": 5}}
            )

        endpoint = Endpoint({"/props": props, "/infill": infill})
        await endpoint.start()
        engine = engine_for(endpoint.url)
        _, finish, _ = await read(engine, ask())
        assert (finish.reason, finish.prompt_tokens, finish.cached_tokens) == ("length", 7, 5)
        body = endpoint.asked("/infill")[0].body
        assert (body["input_prefix"], body["prompt"], body["input_suffix"]) == (
            "def f(a):\n",
            "    return",
            "\n",
        )
        assert (engine.describe().model, engine.describe().context_tokens) == ("x.gguf", 3000)
        await engine.close()
        await endpoint.kill()

    async def test_a_model_without_a_family_gets_the_suffix(self) -> None:
        async def listed(exchange: Exchange) -> None:
            await exchange.json({"data": [{"id": "mystery"}]})

        async with running(completions=says(" a", "\n")) as endpoint:
            endpoint.handlers["/v1/models"] = listed
            engine = engine_for(endpoint.url)
            await read(engine, ask())
            body = endpoint.asked("/v1/completions")[0].body
            assert (body["prompt"], body["suffix"]) == ("def f(a):\n    return", "\n")
            await engine.close()

    async def test_the_settings_override(self) -> None:
        async with running(completions=says(" a", "\n")) as endpoint:
            engine = engine_for(endpoint.url, dialect="openai-suffix")
            await read(engine, ask())
            assert "suffix" in endpoint.asked("/v1/completions")[0].body
            await engine.close()
            engine = engine_for(endpoint.url, dialect="openai", family="mellum")
            await read(engine, ask())
            assert endpoint.asked("/v1/completions")[1].body["prompt"].startswith("<fim_suffix>")
            assert not endpoint.asked("/props")
            await engine.close()

    async def test_an_unknown_model_is_named_with_the_known_ones(self) -> None:
        async with running() as endpoint:
            engine = engine_for(endpoint.url, model="other")
            with pytest.raises(RemoteModelError, match=f"It serves: {MODEL}"):
                await engine.load()
            await engine.close()

    async def test_a_web_page_is_no_endpoint(self) -> None:
        page = fails(200, "<html>hello</html>", kind="text/html")
        endpoint = Endpoint(dict.fromkeys(("/props", "/api/tags", "/v1/models"), page))
        await endpoint.start()
        engine = engine_for(endpoint.url)
        with pytest.raises(RemoteDialectError, match="has none of"):
            await engine.load()
        await engine.close()
        await endpoint.kill()
