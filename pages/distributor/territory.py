"""The regions that my organisation serves: which postal codes, how, and from when to when."""

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, empty_state, page_header, table
from domain import territories
from domain.territories import TerritoryRow

guard()


def days(row: TerritoryRow) -> str:
    return (
        f"from {words.day(row.valid_from)} on"
        if row.valid_to is None
        else words.days_from(row.valid_from, row.valid_to)
    )


rows = ask(territories.my_territories)
current = [row for row in rows if row.state == "current"]
page_header("Territory", f"You serve {words.count(len(current), 'region')} today" if current else "Where you sell")
if rows:
    table(
        "territory",
        rows,
        [
            Column("Region", lambda row: row.name),
            Column("State", lambda row: row.state, "state"),
            Column("Days", days, width="medium"),
            Column("Postal codes today", lambda row: words.areas(row.areas) or "None", width="large"),
            Column("How", lambda row: words.territory_mode(row.mode)),
            Column("Alone", lambda row: "Yes" if row.is_exclusive else "No"),
        ],
        alt="The regions that you serve",
    )
else:
    empty_state("map", "No region is assigned to you yet", "The platform's operations assign regions by agreement.")
