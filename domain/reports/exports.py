"""Taking figures and lists out of the product leaves a trace: who, what, how much, in which form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.kernel.errors import Invalid, NotFound
from domain.kernel.events import Event
from domain.kernel.ids import new_id
from domain.kernel.work import Work

FORMATS = ("csv", "xlsx")
_LONGEST = 200
_MOST_CHOICES = 20


@dataclass(frozen=True, kw_only=True)
class RowsExported(Event):
    """`what` is the screen or list, `choices` its filters by name: codes and ids, never what people typed."""

    subject: ClassVar[str] = "export"
    what: str
    format: str
    rows: int
    choices: dict[str, str]


def record_export(
    work: Work, *, what: str, format: Literal["csv", "xlsx"], rows: int, choices: Mapping[str, str] | None = None
) -> None:
    """Write down that the person takes rows with them which a screen shows.

    Raises: NotFound for nobody; Invalid for an unknown format or less than no rows. Announces RowsExported.
    """
    if work.actor.user_id is None:
        raise NotFound
    if format not in FORMATS or rows < 0:
        raise Invalid("An export is CSV or XLSX and has rows.")
    kept = {name[:_LONGEST]: value[:_LONGEST] for name, value in list((choices or {}).items())[:_MOST_CHOICES]}
    work.record(RowsExported(subject_id=new_id(), what=what[:_LONGEST], format=format, rows=rows, choices=kept))
