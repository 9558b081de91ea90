from dataclasses import dataclass
from typing import ClassVar

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CatalogUploadStarted(Event):
    """Somebody let a checked file come in."""

    subject: ClassVar[str] = "catalog_upload"

    mode: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class CatalogUploadDone(Event):
    subject: ClassVar[str] = "catalog_upload"

    rows_new: int
    rows_changed: int
    rows_bad: int


@dataclass(frozen=True, kw_only=True)
class CatalogUploadFailed(Event):
    subject: ClassVar[str] = "catalog_upload"


@dataclass(frozen=True, kw_only=True)
class CatalogUploadUndone(Event):
    """What an upload brought was taken back, but for the rows that were used or changed since."""

    subject: ClassVar[str] = "catalog_upload"

    rows_undone: int
    rows_kept: int
