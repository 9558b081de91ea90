"""What is handed out about uploads."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.kernel.actor import Actor


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class UploadSheet(View):
    """One upload: the file, what the check found, and how far it is."""

    upload_id: UUID
    file_name: str
    file_bytes: int
    currency: str
    header: tuple[str, ...]
    state: str
    mode: str | None
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_bad: int
    rows_flagged: int
    rows_done: int
    rows_undone: int = 0
    rows_kept: int = 0
    drafts: int = 0
    notes: tuple[str, ...]
    problem: str | None
    checked_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    ended_at: datetime | None
    undone_at: datetime | None

    @property
    def rows_good(self) -> int:
        return self.rows_new + self.rows_changed

    @property
    def rows(self) -> int:
        return self.rows_good + self.rows_unchanged + self.rows_bad


class UploadRow(View):
    """One row of an upload. `cells` are those of the file, of a rejected row; `kept` says why it was not undone."""

    line: int
    kind: str
    state: str
    sku: str | None
    name: str | None
    why: str | None
    kept: str | None
    changes: tuple[str, ...]
    price: Decimal | None
    price_change: Decimal | None
    cells: tuple[str, ...]


class WaitingUpload(View):
    """An upload that is to come in, and who acts for it: whoever started it, with the rights of this moment."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    upload_id: UUID
    actor: Actor | None
