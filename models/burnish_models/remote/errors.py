"""What may go wrong with a remote endpoint.

::

    EngineError
    └── RemoteError                  a request to the endpoint failed
        ├── RemoteUnreachableError   no connection, or it broke
        ├── RemoteTimeoutError       connected, but no answer in time
        ├── RemoteBusyError          429, 502, 503, 504: asking again may help
        ├── RemoteKeyError           401, 403: the key is wrong or missing
        ├── RemoteModelError         the endpoint does not serve this model
        ├── RemoteDialectError       it is there, but completes no code
        ├── RemoteContextError       the prompt is longer than the model's context
        └── RemoteTlsError           the certificate is not trusted

No message holds the key or any code.
"""

from __future__ import annotations

from burnish_models.errors import EngineError

__all__ = [
    "RemoteBusyError",
    "RemoteContextError",
    "RemoteDialectError",
    "RemoteError",
    "RemoteKeyError",
    "RemoteModelError",
    "RemoteTimeoutError",
    "RemoteTlsError",
    "RemoteUnreachableError",
]


class RemoteError(EngineError):
    """A request to the endpoint failed.

    ``transient``: the same request may succeed when asked again, after ``retry_after_s`` seconds at least.
    ``lasting``: only the user or the endpoint's keeper can mend it.
    """

    transient = False
    lasting = False

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        #: Natural-log probabilities of the tokens that came before the failure.
        self.logprobs: tuple[float, ...] = ()


class RemoteUnreachableError(RemoteError):
    """No connection, or it broke before the answer was complete."""

    transient = True


class RemoteTimeoutError(RemoteError):
    """The endpoint took the request and sent nothing in time."""


class RemoteBusyError(RemoteError):
    """The endpoint, or a proxy in front of it, cannot answer just now."""

    transient = True


class RemoteKeyError(RemoteError):
    """The endpoint refuses the key, or wants one."""

    lasting = True


class RemoteModelError(RemoteError):
    """The endpoint does not serve the model asked for."""

    lasting = True


class RemoteDialectError(RemoteError):
    """Something answers at this address, but it does not complete code."""

    lasting = True


class RemoteContextError(RemoteError):
    """The prompt is longer than the context the endpoint gives its model."""


class RemoteTlsError(RemoteError):
    """The endpoint's certificate is not trusted, or TLS failed in another way."""

    lasting = True
