"""Opens a file on an HTTP server from any byte on, and learns what the server says of it.

Model hubs answer with a redirect to a storage host and tell the file's SHA-256 and size in that redirect's
headers (``X-Linked-Etag``, ``X-Linked-Size``), so the redirects are watched. Proxies come from the usual
environment variables and certificates from the system, both through the standard library.
"""

from __future__ import annotations

import email.message
import http.client
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import IO, Any

from burnish_models.errors import DownloadError

__all__ = ["RemoteFile", "TemporaryFailureError", "open_from"]

_USER_AGENT = "burnish"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_SECONDS = 60.0


class TemporaryFailureError(Exception):
    """A failure worth another try, after ``wait_seconds`` at least where the server asked for that."""

    def __init__(self, message: str, wait_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """An open answer: ``start`` is the byte its body begins at, ``size`` the whole file's length where known.

    ``sha256`` is what the hub says of the file, ``etag`` what the storage host says.
    """

    body: http.client.HTTPResponse
    start: int
    size: int | None
    etag: str | None
    sha256: str | None


@dataclass(slots=True)
class _Linked:
    headers: dict[str, str] = field(default_factory=dict)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, remembers the hub's headers, and refuses to leave https."""

    def __init__(self, linked: _Linked) -> None:
        self._linked = linked

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage | email.message.Message[Any, Any],
        newurl: str,
    ) -> urllib.request.Request | None:
        """Build the next request (called by urllib for each redirect)."""
        for name in ("x-linked-etag", "x-linked-size"):
            if (value := headers.get(name)) is not None:
                self._linked.headers[name] = str(value)
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise DownloadError(
                f"{req.host} redirected to an address that is not encrypted ({newurl}). Nothing was "
                "fetched; check "
                "the proxy between this machine and the server."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def open_from(url: str, start: int, validator: str | None, timeout_seconds: float) -> RemoteFile:
    """Ask for ``url`` from byte ``start`` on; the caller closes the body.

    Args:
        url: an https address. start: first byte wanted. The answer may begin at 0 all the same (the server
        ignores ranges, or the file is
            not the one ``validator`` names).
        validator: the etag that the bytes before ``start`` belong to.
        timeout_seconds: longest wait for the connection and for each read.

    Raises:
        DownloadError: asking again cannot help; says what to do.
        TemporaryFailureError: asking again may help.
    """
    linked = _Linked()
    request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"})
    if start:
        request.add_header("Range", f"bytes={start}-")
        if validator is not None and not validator.startswith("W/"):
            request.add_header("If-Range", validator)
    opener = urllib.request.build_opener(
        _Redirects(linked), urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    try:
        response = opener.open(request, timeout=timeout_seconds)
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:
            error.close()
            return open_from(url, 0, None, timeout_seconds)
        raise _refused(error, url) from error
    except urllib.error.URLError as error:
        raise _unreachable(error, url) from error
    except (OSError, http.client.HTTPException) as error:
        raise TemporaryFailureError(f"the connection failed ({error or type(error).__name__})") from error
    return _described(response, start, linked)


def _described(response: http.client.HTTPResponse, start: int, linked: _Linked) -> RemoteFile:
    headers = response.headers
    length = headers.get("Content-Length", "")
    total: int | None = int(length) if length.isdigit() else None
    begins = 0
    if response.status == 206:
        match = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if match is None or int(match[1]) != start:
            response.close()
            raise TemporaryFailureError("the server answered with another part of the file than asked for")
        begins = start
        total = int(match[3]) if match[3].isdigit() else None
    linked_size = linked.headers.get("x-linked-size", "")
    etag = linked.headers.get("x-linked-etag", headers.get("X-Linked-Etag", "")).strip('"').lower()
    return RemoteFile(
        body=response,
        start=begins,
        size=int(linked_size) if linked_size.isdigit() else total,
        etag=headers.get("ETag"),
        sha256=etag if _SHA256.fullmatch(etag) else None,
    )


def _refused(error: urllib.error.HTTPError, url: str) -> Exception:
    if error.code in _TEMPORARY:
        after = error.headers.get("Retry-After", "") if error.headers else ""
        wait = min(float(after), _LONGEST_WAIT_SECONDS) if after.isdigit() else 0.0
        return TemporaryFailureError(f"the server answered {error.code} {error.reason}", wait)
    advice = {
        401: "The model is not public (any more). Choose another one.",
        403: "The server refuses access: a proxy or firewall may be in the way. Try another network.",
        404: "The file is gone. Update Burnish, or download a GGUF file yourself and give its path.",
        407: "The proxy wants a login. Put it into the HTTPS_PROXY environment variable.",
    }.get(error.code, "Try again later, or download the file yourself and give its path.")
    return DownloadError(f"Cannot fetch {url}: the server answered {error.code} {error.reason}. {advice}")


def _unreachable(error: urllib.error.URLError, url: str) -> Exception:
    if isinstance(error.reason, ssl.SSLCertVerificationError):
        return DownloadError(
            f"Cannot fetch {url}: the server's certificate is not trusted ({error.reason.verify_message}). "
            "If a proxy "
            "inspects your traffic, point the SSL_CERT_FILE environment variable to its certificate."
        )
    return TemporaryFailureError(f"the server cannot be reached ({error.reason})")
