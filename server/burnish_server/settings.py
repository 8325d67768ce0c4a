"""What a user can set, structured and checked once at the edge.

A bad value never stops the server: it gives one clear message that names the key, and the default stays.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cattrs import Converter

from burnish_models.fim_families import FAMILIES
from burnish_models.remote.settings import DIALECTS, RemoteSettings
from burnish_telemetry.exclusions import check_glob

T = TypeVar("T")

__all__ = [
    "CompletionSettings",
    "ContextOptions",
    "EndpointOptions",
    "EngineOptions",
    "LearningOptions",
    "MetricsOptions",
    "PerfOptions",
    "RefactorOptions",
    "Settings",
    "read_settings",
]


def _limits(low: float, high: float) -> dict[str, tuple[float, float]]:
    return {"limits": (low, high)}


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """Ghost text.

    ``min_confidence`` ``None`` means the threshold the model was calibrated for, ``debounce_ms`` ``None`` a wait chosen
    from the user's typing and the speed of answers. ``adapt_confidence`` lets the threshold follow how often suggestions
    are what the user writes. ``work_ahead`` says when the model may work before it is asked. ``exclude`` are the globs of files
    without suggestions.
    """

    enabled: bool = True
    multiline: bool = True
    min_confidence: float | None = field(default=None, metadata=_limits(0.0, 1.0))
    max_latency_ms: int = field(default=1500, metadata=_limits(50, 60_000))
    debounce_ms: int | None = field(default=None, metadata=_limits(0, 5_000))
    adapt_confidence: bool = True
    work_ahead: str = field(default="auto", metadata={"choices": ("auto", "always", "never")})
    exclude: tuple[str, ...] = field(default=(), metadata={"items": check_glob})


def _endpoint(url: str) -> str:
    """Refuse an address that no endpoint can have; an empty one means: none."""
    text = url.strip()
    if text:
        RemoteSettings(text)
    return text


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """A team's completion endpoint. Without a ``url`` the local model serves and nothing is sent anywhere.

    Empty ``dialect``, ``model`` and ``fim_family``, and 0 context tokens: found out by asking the endpoint.
    """

    url: str = field(default="", metadata={"check": _endpoint})
    model: str = ""
    dialect: str = field(default="", metadata={"choices": ("", *DIALECTS)})
    fim_family: str = field(default="", metadata={"choices": ("", *FAMILIES)})
    context_tokens: int = field(default=0, metadata=_limits(0, 1_048_576))
    connect_timeout_ms: int = field(default=500, metadata=_limits(50, 60_000))
    first_token_timeout_ms: int = field(default=2_000, metadata=_limits(50, 120_000))
    total_timeout_ms: int = field(default=30_000, metadata=_limits(100, 600_000))
    max_concurrent: int = field(default=2, metadata=_limits(1, 64))


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How the model runs. 0 threads, -1 GPU layers and 0 context tokens mean: choose from the hardware.

    ``adapter`` is empty for the one that the registry serves, ``none`` for the model alone, or an adapter's file.
    """

    threads: int = field(default=0, metadata=_limits(0, 1024))
    gpu_layers: int = field(default=-1, metadata=_limits(-1, 10_000))
    context_tokens: int = field(default=0, metadata=_limits(0, 1_048_576))
    endpoint: EndpointOptions = EndpointOptions()
    adapter: str = ""


@dataclass(frozen=True, slots=True)
class LearningOptions:
    """Learning. ``train_when_idle``: the server starts a training by itself, once a day, on power and when nobody types."""

    train_when_idle: bool = False


@dataclass(frozen=True, slots=True)
class PerfOptions:
    """Performance findings; ``severity`` is how loudly they are told where the project does not say it for a rule.

    ``model_inputs``: the local model is asked for inputs where a verification has too few.
    """

    enabled: bool = True
    model_inputs: bool = True
    severity: str = field(default="hint", metadata={"choices": ("hint", "information", "warning", "error")})


@dataclass(frozen=True, slots=True)
class MetricsOptions:
    """Complexity in the editor. A threshold of None leaves it to the project (``[tool.burnish.metrics]``); 0 turns one off."""

    code_lens: bool = False
    inlay_hints: bool = False
    diagnostics: bool = True
    complexity: int | None = field(default=None, metadata=_limits(0, 10_000))
    nesting: int | None = field(default=None, metadata=_limits(0, 100))
    maintainability: float | None = field(default=None, metadata=_limits(0, 100))


@dataclass(frozen=True, slots=True)
class RefactorOptions:
    """Refactorings; ``suggest``: those that make a complex function simpler are pointed out unasked."""

    suggest: bool = True


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    """Workspace memory: what the project's own files say, mixed into completions."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ContextOptions:
    """Cross-file context: definitions in other files of the workspace, shown to the model."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything under ``burnish`` in the client's settings. An empty ``model`` means the selected one."""

    completion: CompletionSettings = CompletionSettings()
    engine: EngineOptions = EngineOptions()
    memory: MemoryOptions = MemoryOptions()
    model: str = ""
    log_level: str = field(default="info", metadata={"choices": ("debug", "info", "warning", "error")})
    context: ContextOptions = ContextOptions()
    learning: LearningOptions = LearningOptions()
    perf: PerfOptions = PerfOptions()
    metrics: MetricsOptions = MetricsOptions()
    refactor: RefactorOptions = RefactorOptions()


def read_settings(raw: object) -> tuple[Settings, list[str]]:
    """Structure the client's settings object (camelCase keys).

    Args:
        raw: what the client sent for section ``burnish``; also accepted wrapped as ``{"burnish": {...}}``.

    Returns:
        The settings, and one sentence for every key that was refused.
    """
    problems: list[str] = []
    if isinstance(raw, Mapping) and isinstance(raw.get("burnish"), Mapping):
        raw = raw["burnish"]
    return _structure(raw, Settings, "burnish", problems), problems


def _structure(raw: object, kind: type[T], path: str, problems: list[str]) -> T:
    if raw is None:
        return kind()
    if not isinstance(raw, Mapping):
        problems.append(f"{path} must be an object, not {raw!r}; the defaults are used.")
        return kind()
    values: dict[str, Any] = {}
    hints = typing.get_type_hints(kind)
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]
        key = _camel(item.name)
        if key not in raw:
            continue
        where = f"{path}.{key}"
        hint = hints[item.name]
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            values[item.name] = _structure(raw[key], hint, where, problems)
            continue
        if "items" in item.metadata:
            values[item.name] = _items(raw[key], item.metadata["items"], where, problems)
            continue
        try:
            values[item.name] = _checked(_CONVERTER.structure(raw[key], hint), item.metadata)
        except (TypeError, ValueError) as error:
            problems.append(f"{where}: {error}; the default {_shown(item.default)} is used.")
    return kind(**values)


def _items(raw: object, check: Callable[[str], str], where: str, problems: list[str]) -> tuple[str, ...]:
    """The good ones of a list of strings; a bad one spoils no other."""
    if not isinstance(raw, list | tuple):
        problems.append(f"{where}: expected a list of strings, got {raw!r}; the default (none) is used.")
        return ()
    found: list[str] = []
    for number, value in enumerate(raw, 1):
        try:
            found.append(check(_CONVERTER.structure(value, str)))
        except (TypeError, ValueError) as error:
            problems.append(f"{where}: {error}; entry {number} is ignored, the others hold.")
    return tuple(found)


def _checked(value: Any, metadata: Mapping[str, Any]) -> Any:
    limits = metadata.get("limits")
    if limits is not None and value is not None and not limits[0] <= value <= limits[1]:
        raise ValueError(f"{value} is not between {limits[0]:g} and {limits[1]:g}")
    choices = metadata.get("choices")
    if choices is not None and value not in choices:
        raise ValueError(f"{value!r} is not one of {', '.join(map(repr, choices))}")
    check = metadata.get("check")
    return value if check is None else check(value)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _shown(default: object) -> str:
    return "(none)" if default is None else repr(default)


def _strict(kind: type | tuple[type, ...], word: str) -> Callable[[Any, Any], Any]:
    """A structure hook that accepts ``kind`` only: cattrs itself would turn ``"3"`` into 3."""

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"expected {word}, got {value!r}")
        return value

    return structure


def _optional_number(value: Any, _: Any) -> float | None:
    if value is None:
        return None
    return float(_strict((int, float), "a number or null")(value, float))


def _integer(value: Any, _: Any) -> int:
    """Integers; JSON clients may write 75 as 75.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(_strict(int, "a whole number")(value, int))


def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(bool, _strict(bool, "true or false"))
    converter.register_structure_hook(str, _strict(str, "a string"))
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook_func(lambda kind: kind == float | None, _optional_number)
    converter.register_structure_hook_func(
        lambda kind: kind == int | None, lambda value, kind: None if value is None else _integer(value, kind)
    )
    return converter


_CONVERTER = _converter()
