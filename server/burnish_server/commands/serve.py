"""``burnish serve``: the language server over stdio or TCP."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import sys
from pathlib import Path

import click

__all__ = ["serve"]

log = logging.getLogger("burnish_server")


@click.command()
@click.option("--stdio", "transport", flag_value="stdio", default=True, help="Talk over stdin and stdout.")
@click.option("--tcp", "transport", flag_value="tcp", help="Accept clients over TCP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on (--tcp).")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="The port to listen on (--tcp); 0 picks a free one and prints it on stderr.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the address as JSON on stdout (--tcp).")
@click.pass_context
def serve(context: click.Context, transport: str, host: str, port: int, as_json: bool) -> None:
    """Run the language server for an editor."""
    home: Path = context.obj["home"]
    if transport == "stdio":
        status = asyncio.run(_stdio(home))
        logging.shutdown()
        context.exit(status)
    _warn_if_public(host)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_tcp(home, host, port, as_json=as_json))


async def _stdio(home: Path) -> int:
    from burnish_server.engine_host import EngineHost
    from burnish_server.transport import serve_stdio, stop_on_signals

    stop_on_signals()
    with contextlib.suppress(asyncio.CancelledError):
        return await serve_stdio(EngineHost(home))
    return 0


async def _tcp(home: Path, host: str, port: int, *, as_json: bool) -> None:
    from burnish_server.engine_host import EngineHost
    from burnish_server.state_file import forget_server, write_server
    from burnish_server.transport import serve_tcp, stop_on_signals

    def listening(chosen: int) -> None:
        click.echo(f"Burnish listens on {host}:{chosen}", err=True)
        if as_json:
            click.echo(f'{{"host": "{host}", "port": {chosen}}}')
            sys.stdout.flush()
        try:
            write_server(home, host, chosen)
        except OSError as error:
            log.warning("Commands will not find this server: %s cannot be written (%s).", home, error)

    stop_on_signals()
    engine = EngineHost(home)
    engine.start()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await serve_tcp(engine, host, port, listening)
    finally:
        forget_server(home)


def _warn_if_public(host: str) -> None:
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        click.echo(
            f"Warning: {host} is reachable from other machines, and the protocol knows no password. "
            "Anyone who can connect can use the model and read what it was sent.",
            err=True,
        )
