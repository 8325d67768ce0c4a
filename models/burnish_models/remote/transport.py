"""HTTP to one endpoint: streamed events, retries before the first of them, and errors in words."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

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
from burnish_models.remote.settings import RemoteSettings, is_loopback, normalise_url

__all__ = ["Transport", "backoff"]

#: Idle connections are given up before the servers do so (llama-server: after 5 s).
_LIMITS = httpx2.Limits(max_connections=16, max_keepalive_connections=4, keepalive_expiry=3.0)
_LONGEST_PAUSE_S = 5.0
_LONGEST_SAYING = 200
_CONTEXT_WORDS = ("context length", "context size", "context window", "maximum context", "exceed_context")


def backoff(attempt: int, base_s: float, asked_s: float = 0.0) -> float:
    """Seconds before retry number ``attempt`` (from 0): exponential with full jitter, at least what was asked for.

    Full jitter draws from all of [0, base·2^attempt], so that clients which failed together do not come back together
    (Brooker, "Exponential Backoff and Jitter", 2015).
    """
    return max(random.uniform(0.0, min(_LONGEST_PAUSE_S, base_s * 2**attempt)), asked_s)


class Transport:
    """A connection pool to one endpoint. ``key`` is asked for at every request and goes nowhere but its header."""

    def __init__(self, settings: RemoteSettings, key: Callable[[], str | None]) -> None:
        self._settings = settings
        self._key = key
        self.base = normalise_url(settings.url)
        self.host = urlsplit(self.base).netloc
        timeout = httpx2.Timeout(settings.first_token_timeout_s, connect=settings.connect_timeout_s)
        # A proxy of the environment has no business between this machine and itself. Redirects are not followed:
        # code and key go to the address that was set and to no other.
        self._client = httpx2.AsyncClient(
            timeout=timeout, limits=_LIMITS, trust_env=not is_loopback(self.base), follow_redirects=False
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def get_json(self, path: str) -> Any:
        """GET a JSON document; ``None`` where there is none at this path (404, 405, 501, or another kind of page).

        Raises:
            RemoteError: every other failure.
        """
        return await self._json(self._client.build_request("GET", self.base + path, headers=self._headers()))

    async def post_json(self, path: str, body: dict[str, Any]) -> Any:
        """POST and read one JSON document; ``None`` as with :meth:`get_json`."""
        request = self._client.build_request("POST", self.base + path, json=body, headers=self._headers())
        return await self._json(request)

    async def _json(self, request: httpx2.Request) -> Any:
        try:
            response = await self._client.send(request)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, ssl.SSLError, OSError) as error:
            raise self._broken(error) from error
        if response.status_code in {404, 405, 501}:
            return None
        if response.status_code != 200:
            raise self._refused(response.status_code, response.headers, response.text)
        try:
            return response.json()
        except ValueError:
            return None

    async def events(
        self, path: str, body: dict[str, Any], patience_s: float = 0.0
    ) -> AsyncIterator[dict[str, Any]]:
        """POST and stream the answer's JSON events; asks again only while nothing came.

        Args:
            path: below the endpoint's address. body: what to send.
            patience_s: the longest silence to bear, where it is longer than the settings'.

        Raises:
            RemoteError: the last failure, or the first that asking again cannot help.
        """
        attempt = 0
        while True:
            began = False
            try:
                async for event in self._stream(path, body, patience_s):
                    began = True
                    yield event
                return
            except RemoteError as error:
                if began or not error.transient or attempt >= self._settings.retries:
                    raise
                pause = backoff(attempt, self._settings.backoff_s, error.retry_after_s)
                if pause > max(_LONGEST_PAUSE_S, self._settings.first_token_timeout_s):
                    raise
            attempt += 1
            await asyncio.sleep(pause)

    async def _stream(
        self, path: str, body: dict[str, Any], patience_s: float
    ) -> AsyncIterator[dict[str, Any]]:
        url = self.base + path
        ended = False
        settings = self._settings
        patience = max(settings.first_token_timeout_s, patience_s)
        timeout = httpx2.Timeout(patience, connect=settings.connect_timeout_s)
        try:
            headers = self._headers()
            async with self._client.stream(
                "POST", url, json=body, headers=headers, timeout=timeout
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise self._refused(response.status_code, response.headers, response.text)
                self._expect_events(response.headers.get("content-type", ""))
                async for line in response.aiter_lines():
                    for event in self._parsed(line):
                        if event is None:
                            return
                        ended = _is_last(event)
                        yield event
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, ssl.SSLError, OSError) as error:
            raise self._broken(error) from error
        if not ended:
            raise RemoteUnreachableError(f"{self.host} closed the connection in the middle of an answer.")

    def _headers(self) -> dict[str, str]:
        headers = {
            "User-Agent": "burnish",
            "Accept": "text/event-stream, application/x-ndjson, application/json",
        }
        if key := self._key():
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def _expect_events(self, content_type: str) -> None:
        if "html" in content_type.lower():
            raise self._no_endpoint("it answered with a web page instead of JSON")

    def _parsed(self, line: str) -> Iterator[dict[str, Any] | None]:
        """The event in a line of SSE or NDJSON, ``None`` for the end mark; comments and empty lines give nothing."""
        text = line.strip()
        if text.startswith(("data:", "error:")):
            text = text.partition(":")[2].strip()
        elif not text.startswith("{"):
            return
        if text == "[DONE]":
            yield None
            return
        try:
            event = json.loads(text)
        except ValueError as error:
            raise RemoteUnreachableError(f"{self.host} sent an event that is cut off or not JSON.") from error
        if not isinstance(event, dict):
            raise self._no_endpoint("its events are no JSON objects")
        if event.get("error"):
            status = event["error"].get("code") if isinstance(event["error"], dict) else None
            raise self._refused(status if isinstance(status, int) else 500, httpx2.Headers(), text)
        yield event

    # -- failures in words -----------------------------------------------------------------------------------

    def _broken(self, error: Exception) -> RemoteError:
        if isinstance(error, httpx2.ConnectTimeout):
            wait = self._settings.connect_timeout_s
            return RemoteUnreachableError(f"{self.host} took no connection within {wait:g} s. Is it running?")
        if isinstance(error, httpx2.TimeoutException):
            wait = self._settings.first_token_timeout_s
            return RemoteTimeoutError(f"{self.host} sent nothing for {wait:g} s.")
        if _tls_reason(error) is not None:
            return RemoteTlsError(
                f"The TLS connection to {self.host} failed ({self._said(_tls_reason(error) or '')}). Check that the "
                "address begins with the right one of http and https, and add the certificate of your own authority "
                "to the system's store."
            )
        if isinstance(error, httpx2.ProxyError):
            return RemoteUnreachableError(
                f"The proxy in front of {self.host} failed ({self._said(str(error))})."
            )
        if isinstance(error, httpx2.ConnectError):
            return RemoteUnreachableError(
                f"{self.host} cannot be reached ({self._said(str(error)) or 'no connection'}). Is it running?"
            )
        if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol | httpx2.LocalProtocolError):
            return RemoteDialectError(
                f"{self.host} cannot be asked ({self._said(str(error))}). Check the address."
            )
        why = self._said(str(error)) or type(error).__name__
        return RemoteUnreachableError(f"The connection to {self.host} broke ({why}).")

    def _refused(self, status: int, headers: httpx2.Headers, text: str) -> RemoteError:
        said = self._said(_saying(text))
        note = f": {said}" if said else ""
        lowered = text.lower()
        if status in {401, 403}:
            have = "refuses the key" if self._key() else "wants a key"
            return RemoteKeyError(
                f'{self.host} {have} ({status}{note}). Store the right one with "Burnish: Set the Team Endpoint\'s Key".'
            )
        if any(word in lowered for word in _CONTEXT_WORDS):
            return RemoteContextError(
                f"The prompt is too long for the context of {self.host}{note}. Lower the endpoint's contextTokens."
            )
        if status == 404 and "model" in lowered:
            return RemoteModelError(
                f"{self.host} does not serve {self._settings.model or 'this model'}{note}. Name one it serves."
            )
        if status in {404, 405, 501}:
            return self._no_endpoint(f"it knows no such path ({status}{note})")
        if status in {408, 425, 429, 502, 503, 504}:
            wait = _retry_after(headers.get("retry-after", ""))
            return RemoteBusyError(
                f"{self.host} is busy or starting ({status}{note}). It is asked again later.", wait
            )
        if 300 <= status < 400:
            target = self._said(headers.get("location", "another address"))
            return self._no_endpoint(f"it redirects ({status}) to {target}; set the final address")
        return RemoteError(f"{self.host} answered {status}{note}. Its log says more.")

    def _no_endpoint(self, why: str) -> RemoteDialectError:
        return RemoteDialectError(
            f"{self.host} is not a completion endpoint that Burnish can use: {why}. Check the address and the dialect."
        )

    def _said(self, text: str) -> str:
        """What a server or a library said, on one line, short, without the key."""
        line = " ".join(text.split())
        if key := self._key():
            line = line.replace(key, "…")
        return line if len(line) <= _LONGEST_SAYING else line[:_LONGEST_SAYING] + "…"


def _is_last(event: dict[str, Any]) -> bool:
    """Whether an answer may end after this event: llama-server's ``stop``, Ollama's ``done``, OpenAI's reason."""
    choices = event.get("choices")
    if choices:
        return bool(choices[0].get("finish_reason"))
    return bool(event.get("stop") or event.get("done") or event.get("usage"))


def _saying(text: str) -> str:
    """The message in an error's body, whichever shape it has; nothing of a web page."""
    try:
        document = json.loads(text)
    except ValueError:
        return "" if "<" in text[:200] else text
    for key in ("error", "message", "detail"):
        if isinstance(document, dict) and key in document:
            document = document[key]
    return document if isinstance(document, str) else json.dumps(document)


def _tls_reason(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return getattr(error, "verify_message", "") or str(error)
        error = error.__cause__ or error.__context__
    return None


def _retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for (a number or a date), 0 where it says nothing."""
    text = value.strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
