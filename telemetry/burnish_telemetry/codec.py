"""Events to JSON and back, strictly: a wrong type, a missing or an unknown field is an error that names it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError

from burnish_telemetry.errors import EventError
from burnish_telemetry.events import KINDS, SCHEMA_VERSION, Event

__all__ = ["decode_event", "encode_event", "strict_converter"]

#: Fields that are shares of one.
_SHARES = ("retained", "verbatim")
_NOT_NEGATIVE = ("visible_ms", "latency_ms", "after_s", "characters", "matched", "tokens")


def encode_event(event: Event) -> str:
    """One line of JSON, ASCII only, keys in the order of the fields.

    Raises:
        EventError: a value has the wrong type or is impossible (not finite, a share above one, a time without its zone).
    """
    _check(event)
    try:
        document = {"kind": event.kind, **_CONVERTER.unstructure(event)}
        text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, AttributeError) as error:
        raise EventError(
            f"An event of kind {event.kind} cannot be written: a value is not finite or of the wrong type."
        ) from error
    # Dataclasses do not check types; what could not be read back must not be written.
    decode_event(text)
    return text


def decode_event(text: str | bytes) -> Event:
    """The event in a line of JSON.

    Raises:
        EventError: it is not one, or of another version; the message names the field.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise EventError(f"An event cannot be read: it is not JSON ({type(error).__name__}).") from error
    if not isinstance(document, Mapping):
        raise EventError(f"An event cannot be read: it must be a JSON object, not {type(document).__name__}.")
    values = dict(document)
    kind = KINDS.get(str(values.pop("kind", "")))
    schema = values.get("schema")
    if isinstance(schema, int) and schema > SCHEMA_VERSION:
        raise EventError(
            f"An event has version {schema}; this Burnish knows versions up to {SCHEMA_VERSION}. "
            "Update Burnish to read it."
        )
    if kind is None:
        raise EventError(f"An event cannot be read: kind must be one of {', '.join(KINDS)}.")
    try:
        event = _CONVERTER.structure(values, kind)
    except (BaseValidationError, ValueError, TypeError, AttributeError) as error:
        details = "; ".join(transform_error(error, path="event", format_exception=_describe))
        raise EventError(f"An event of kind {kind.kind} cannot be read: {details}.") from error
    _check(event)
    return event


def _check(event: Event) -> None:
    """Refuse values that their types allow and their meaning does not."""
    problem = ""
    if not isinstance(event.time, datetime):
        raise EventError(f"An event of kind {event.kind} is impossible: time must be a datetime.")
    if not event.id or not event.suggestion:
        problem = "id and suggestion must not be empty"
    elif event.time.utcoffset() is None:
        problem = "time must say its zone"
    elif event.schema != SCHEMA_VERSION:
        problem = f"schema must be {SCHEMA_VERSION}"
    for item in fields(event):
        value = getattr(event, item.name)
        if isinstance(value, float) and not math.isfinite(value):
            problem = f"{item.name} must be finite"
        elif not isinstance(value, int | float):
            continue
        elif item.name in _SHARES and not 0 <= value <= 1:
            problem = f"{item.name} must lie between 0 and 1"
        elif item.name in _NOT_NEGATIVE and value < 0:
            problem = f"{item.name} must not be negative"
    if problem:
        raise EventError(f"An event of kind {event.kind} is impossible: {problem}.")


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")


def _exactly(kind: type, *also: type) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is kind or type(value) in also:
            return kind(value)
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")

    return hook


def _structure_time(value: Any, _: Any) -> datetime:
    if not isinstance(value, str):
        raise TypeError(f"expected a time as text, got {type(value).__name__}")
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("expected a time in ISO 8601") from error
    if time.utcoffset() is None:
        raise ValueError("expected a time with its zone")
    return time.astimezone(UTC)


def _unstructure_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _describe(error: BaseException, _: type | None) -> str:
    """What is wrong, without the value: messages go to logs, and recorded code must not."""
    if isinstance(error, KeyError):
        return f"the field {error} is missing"
    if isinstance(error, BaseValidationError):
        return "it is malformed"
    text = str(error)
    if " not in literal " in text:
        return "the value is none of those allowed"
    return text if len(text) < 200 else type(error).__name__


def strict_converter() -> Converter:
    """A converter that coerces nothing (an integer may stand for a float) and refuses unknown fields."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, also in ((str, ()), (int, ()), (bool, ()), (float, (int,))):
        converter.register_structure_hook(kind, _exactly(kind, *also))
    converter.register_structure_hook(datetime, _structure_time)
    converter.register_unstructure_hook(datetime, _unstructure_time)
    return converter


_CONVERTER = strict_converter()
