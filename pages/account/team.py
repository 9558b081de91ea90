"""The people of my organisation."""

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, page_header, table
from domain import identity

who, _ = guard()
people = ask(identity.my_team)
page_header(
    "Team", f"{words.count(len(people), 'person') if len(people) == 1 else f'{len(people)} people'} at {who.org_name}"
)
table(
    "team",
    people,
    [
        Column("Name", lambda person: person.name),
        Column("E-mail", lambda person: person.email),
        Column("Role", lambda person: words.role(person.variant)),
        Column("State", lambda person: person.state, "state"),
        Column("Joined", lambda person: words.day(person.joined_at)),
    ],
    alt="People of the organisation",
)
