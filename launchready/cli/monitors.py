"""Commands of the monitors: `launch monitors …`."""

from __future__ import annotations

import typer

monitors_app = typer.Typer(no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(monitors_app, name="monitors", help="What watches a launch: prove that its alerts arrive.")


@monitors_app.callback()
def monitors() -> None:
    """What watches a launch from outside, and whom it wakes.

    Example: launch monitors drill acme
    """
