"""``burnish doctor``: what works here, what does not, and the command that mends it."""

from __future__ import annotations

import json
from pathlib import Path

import click

__all__ = ["doctor"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help='Print {"ok": …, "checks": […]}.')
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Examine this machine and installation. Exits with 1 when something essential is broken."""
    from burnish_server.doctor import Check, examine

    home: Path = context.obj["home"]

    def show(check: Check) -> None:
        mark = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
        if not check.ok and not check.essential:
            mark = click.style("note", fg="yellow")
        click.echo(f"{mark}  {check.name:<12}  {check.detail}")
        if not check.ok and check.mend:
            click.echo(f"      {'':<12}  to mend: {check.mend}")

    checks = examine(home, on_check=None if as_json else show)
    healthy = all(check.ok for check in checks if check.essential)
    if as_json:
        click.echo(
            json.dumps({"ok": healthy, "checks": [check.as_json() for check in checks]}, ensure_ascii=False)
        )
    context.exit(0 if healthy else 1)
