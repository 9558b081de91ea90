"""`wholesale erase-person`: a person who asked for it, or is gone, is taken out of everything that names somebody."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("erase-person")(erase_person)


def erase_person(
    email: Annotated[str, typer.Argument(help="By which address the person signs in.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")] = False,
) -> None:
    """Erase a person's name, addresses and traces for good. They must have left their teams first."""
    from domain import identity, privacy
    from domain.kernel.actor import Actor
    from domain.kernel.errors import DomainError
    from domain.kernel.work import begin, run

    with begin(Actor.system()) as work:
        person_id = identity.person_with(work, email=email)
    if person_id is None:
        typer.echo("Nobody signs in by this address.", err=True)
        raise typer.Exit(1)
    if not yes:
        typer.confirm("This cannot be undone. Erase this person?", abort=True)
    try:
        run(Actor.system(), privacy.erase_person, person_id=person_id, reason=reason)
    except DomainError as refusal:
        typer.echo(refusal.sentence, err=True)
        raise typer.Exit(1) from refusal
    typer.echo(f"Erased. The log knows them as {person_id}.")
