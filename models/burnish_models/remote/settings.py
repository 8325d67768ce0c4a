"""Where a remote engine asks, and how patient it is."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import SplitResult, urlsplit

from burnish_models.fim_families import FAMILIES

__all__ = ["DIALECTS", "Dialect", "RemoteSettings", "is_loopback", "normalise_url", "origin_of"]

#: How an endpoint is spoken to. ``-suffix`` and ``-infill`` leave the fill-in-the-middle prompt to the server.
Dialect = Literal[
    "openai", "openai-suffix", "vllm", "llama-server", "llama-server-infill", "ollama", "ollama-suffix"
]
DIALECTS: tuple[str, ...] = get_args(Dialect)

#: Ends of addresses that people copy from other tools' settings.
_ENDINGS = (
    "/v1/completions",
    "/v1/chat/completions",
    "/v1/models",
    "/v1",
    "/api/generate",
    "/api",
    "/completion",
    "/infill",
)


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """One endpoint. ``dialect`` and ``model`` empty: found out by asking it; ``family`` empty: from the model.

    Times are seconds. ``first_token_timeout_s`` bounds the wait for the first token and between two tokens.
    """

    url: str
    model: str = ""
    dialect: str = ""
    family: str = ""
    #: Tokens of context; 0 takes what the endpoint says, else 4,096.
    context_tokens: int = 0
    connect_timeout_s: float = 2.0
    first_token_timeout_s: float = 10.0
    total_timeout_s: float = 60.0
    #: Requests at the endpoint at once from this machine.
    max_concurrent: int = 2
    #: Tries after the first one, for failures that may pass.
    retries: int = 2
    backoff_s: float = 0.2

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ValueError: with the key and what to do.
        """
        parts = urlsplit(normalise_url(self.url))
        if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_sound_port(parts):
            raise ValueError(
                "The endpoint's address is not an http or https address. Give one like "
                "https://models.example.org:8080."
            )
        if parts.username is not None or parts.password is not None or parts.query:
            raise ValueError(
                "The endpoint's address must not hold a user name, a password or a query. Store the key in the "
                "editor's secret store instead."
            )
        if self.dialect and self.dialect not in DIALECTS:
            raise ValueError(f"The dialect {self.dialect!r} is not one of {', '.join(DIALECTS)}.")
        if self.family and self.family not in FAMILIES:
            raise ValueError(f"The family {self.family!r} is not one of {', '.join(FAMILIES)}.")
        if self.max_concurrent < 1 or self.retries < 0 or self.context_tokens < 0:
            raise ValueError("max_concurrent must be at least 1, retries and context_tokens not negative.")


def _has_sound_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def normalise_url(url: str) -> str:
    """The address that paths are added to: no trailing slash, no path of a known interface."""
    text = url.strip().rstrip("/")
    for ending in _ENDINGS:
        if text.endswith(ending):
            return text[: -len(ending)].rstrip("/")
    return text


def origin_of(url: str) -> str:
    """Scheme, host and port: what a key belongs to. Lower case, with the default port left out."""
    parts = urlsplit(normalise_url(url))
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return f"{parts.scheme.lower()}://{host}" + ("" if port in (None, default) else f":{port}")


def is_loopback(url: str) -> bool:
    """Whether the address means this machine."""
    host = (urlsplit(url).hostname or "").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
