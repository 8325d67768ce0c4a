"""``burnish complete``: one completion at a place in a file."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from burnish_server.errors import DocumentError

__all__ = ["complete"]


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--line", type=click.IntRange(min=1), required=True, help="The cursor's line, from 1.")
@click.option(
    "--column",
    type=click.IntRange(min=1),
    required=True,
    help="The cursor's column in characters; 1 is before the first.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with figures.")
@click.option("--model", default="", help="A catalogue name or a GGUF file, for this call only.")
@click.option("--server", "server", metavar="HOST:PORT", default=None, help="Ask the server that runs there.")
@click.option("--no-server", is_flag=True, help="Load the model here even if a server runs.")
@click.option("--text-stdin", is_flag=True, help="Read the document from stdin; FILE only names it.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=None,
    help="Show what is at least this sure; the model's calibrated threshold unless given.",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True, help="Seconds to wait."
)
@click.pass_context
def complete(
    context: click.Context,
    file: Path,
    line: int,
    column: int,
    as_json: bool,
    model: str,
    server: str | None,
    no_server: bool,
    text_stdin: bool,
    min_confidence: float | None,
    timeout: float,
) -> None:
    """Complete the Python in FILE at a cursor position, through the same pipeline as the editor.

    A running server (burnish serve --tcp) is asked where there is one; else the model is loaded for
    this call.
    """
    home: Path = context.obj["home"]
    text = _read(file, from_stdin=text_stdin)
    place = _place(text, file, line, column)
    address = _address(home, server, use=not no_server and not model and min_confidence is None)
    if address is not None:
        from burnish_server.client import complete_remotely

        answer = asyncio.run(complete_remotely(address, file, text, *place, timeout=timeout))
    else:
        answer = asyncio.run(_complete_here(home, file, text, place, model, min_confidence, timeout))
    _print(answer, as_json=as_json)
    context.exit(0 if answer["dropped"] is None else 1)


def _read(file: Path, *, from_stdin: bool) -> str:
    try:
        data = sys.stdin.buffer.read() if from_stdin else file.read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise DocumentError(f"Cannot read {file}: {error.strerror or error}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{file} is not UTF-8 ({error.reason} at byte {error.start}). Save it as UTF-8."
        ) from error


def _place(text: str, file: Path, line: int, column: int) -> tuple[int, int]:
    """The 0-based line and character, checked against the text."""
    from burnish_server.documents import SourceText

    source = SourceText(text)
    if line > source.line_count:
        raise DocumentError(f"{file} has {source.line_count} lines; there is no line {line}.")
    length = len(source.line_text(line - 1))
    if column > length + 1:
        raise DocumentError(f"Line {line} of {file} has {length} characters; there is no column {column}.")
    return line - 1, column - 1


def _address(home: Path, server: str | None, *, use: bool) -> tuple[str, int] | None:
    if server is not None:
        host, _, port = server.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise click.BadParameter(
                f"{server!r} is not HOST:PORT, e.g. 127.0.0.1:4711", param_hint="--server"
            )
        return host.strip("[]"), int(port)
    if not use:
        return None
    from burnish_server.state_file import read_server

    running = read_server(home)
    return None if running is None else (running.host, running.port)


async def _complete_here(
    home: Path,
    file: Path,
    text: str,
    place: tuple[int, int],
    model: str,
    min_confidence: float | None,
    timeout: float,
) -> dict[str, Any]:
    from burnish_models.errors import EngineStartError
    from burnish_server.completion.model import CompletionRequest
    from burnish_server.completion.pipeline import Pipeline
    from burnish_server.documents import SourceText
    from burnish_server.engine_host import EngineHost
    from burnish_server.settings import CompletionSettings

    host = EngineHost(home)
    settings = replace(
        CompletionSettings(), min_confidence=min_confidence, max_latency_ms=int(timeout * 1000), debounce_ms=0
    )
    pipeline = Pipeline(host, settings)
    source = SourceText(text)
    request = CompletionRequest(
        uri=file.absolute().as_uri(),
        source=source,
        offset=source.offset_at(*place, "utf-32"),
        path=str(file),
        invoked=True,
    )
    try:
        host.reload(choice=model)
        status = await host.ready()
        if status.state == "failed":
            raise EngineStartError(status.detail)
        result = await pipeline.complete(request)
    finally:
        await host.close()
    if result.dropped is not None:
        click.echo(f"Nothing to show: {result.reason}", err=True)
    return result.as_contract()


def _print(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif answer["dropped"] is None:
        click.echo(answer["text"])
    else:
        click.echo(f"Nothing shown ({answer['dropped']}).", err=True)
