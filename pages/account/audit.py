"""What happened in my organisation: who signed in, who changed what, and why."""

from typing import Any

from app.bridge import ask
from app.navigation import guard
from app.parts import page_header
from app.parts.audit import audit_table
from app.parts.filters import choice
from domain import identity, reports

who, _ = guard()


def filters() -> dict[str, Any]:
    people = {str(person.person_id): person.name for person in ask(identity.my_team)}
    person = choice("audit", "Everybody", people, key="person", width=220)
    return {"person_id": person}


page_header("Audit log", f"What happened at {who.org_name}, newest first. Nothing here can be changed.")
audit_table(
    "audit",
    lambda **asked: ask(reports.own_audit, **asked),
    who.time_zone,
    filters=filters,
    with_organization=False,
)
