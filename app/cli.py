"""`wholesale`: the command line. Every command is a thin shell; nothing heavy is imported before it runs."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Annotated

import typer

app = typer.Typer(
    name="wholesale",
    help="A B2B wholesale platform: market, escrow, stock, warehouse and administration in one product.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def up(
    empty: Annotated[bool, typer.Option("--empty", help="Do not fill an empty database with the demo.")] = False,
) -> None:
    """Start everything and stay until Ctrl-C: database, web, worker, pipelines."""
    from app.run import instance

    instance.up(empty=empty)


@app.command()
def stop() -> None:
    """Stop everything that runs on this data folder, the embedded database included."""
    from app.run import instance

    print("Stopped." if instance.stop() else "Nothing was running.")


@app.command()
def migrate() -> None:
    """Bring the database up to date; it may be run at any time."""
    from domain import migrations

    migrations.upgrade()
    print("The database is up to date.")


@app.command()
def status() -> None:
    """Say what runs and where."""
    from app.run import instance

    for name, value in instance.status().items():
        print(f"{name + ':':<14}{value}")


def add_groups() -> None:
    """Let every module of `app.commands` add its own commands."""
    package = importlib.import_module("app.commands")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        register = getattr(importlib.import_module(f"app.commands.{module.name}"), "register", None)
        if register is not None:
            register(app)


def main() -> None:
    """Run one command. A refusal and an unusable installation are one sentence on stderr and exit code 1."""
    from domain.kernel.settings import SILENT, put_into_environment

    put_into_environment(SILENT)
    try:
        add_groups()
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:  # the edge of the program: what has a sentence is told without a traceback
        sentence = _sentence(problem)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(1)


def _sentence(problem: Exception) -> str | None:
    from domain.kernel import database
    from domain.kernel.errors import DomainError

    if isinstance(problem, DomainError):
        return str(problem)
    unusable = database.explain(problem)
    return str(unusable) if unusable else None


if __name__ == "__main__":
    main()
