"""A file that was uploaded, and each of its rows: what it says, what came of it, and what was there before."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.catalog.uploading.states import UPLOAD_MOVES, RowKind, RowState, UploadMode, UploadState
from domain.kernel.records import Currency, Id, Instant, Json, Key, Quantity, Record, one_of
from domain.kernel.states import check_move


class CatalogUpload(Record):
    __tablename__ = "catalog_uploads"
    __table_args__ = (
        one_of("state", UploadState),
        one_of("mode", UploadMode),
        UniqueConstraint("id", "org_id"),
        CheckConstraint("(state = 'checked') = (mode is null)", name="mode_chosen"),
        CheckConstraint("rows_done between 0 and rows_new + rows_changed", name="rows_done"),
        CheckConstraint("mode is distinct from 'all' or rows_bad = 0", name="whole"),
        Index("catalog_uploads_org_id_idx", "org_id", "checked_at"),
        Index("catalog_uploads_open_idx", "checked_at", postgresql_where=text("state in ('waiting', 'running')")),
    )

    id: Mapped[Id]
    org_id: Mapped[Key] = mapped_column(ForeignKey("organizations.id"))
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_bytes: Mapped[Quantity]
    layout: Mapped[Json]
    currency: Mapped[Currency]
    state: Mapped[str]
    mode: Mapped[str | None]
    rows_new: Mapped[Quantity]
    rows_changed: Mapped[Quantity]
    rows_unchanged: Mapped[Quantity]
    rows_bad: Mapped[Quantity]
    rows_flagged: Mapped[Quantity]
    rows_done: Mapped[Quantity] = mapped_column(server_default=text("0"))
    through_line: Mapped[Quantity] = mapped_column(server_default=text("0"))
    notes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    problem: Mapped[str | None]
    checked_by: Mapped[UUID | None]
    checked_at: Mapped[Instant]
    started_by: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
    undone_at: Mapped[datetime | None]

    def move_to(self, state: UploadState) -> None:
        check_move(UPLOAD_MOVES, UploadState(self.state), state, noun="upload")
        self.state = state.value


class CatalogUploadRow(Record):
    __tablename__ = "catalog_upload_rows"
    __table_args__ = (
        one_of("kind", RowKind),
        one_of("state", RowState),
        ForeignKeyConstraint(["upload_id", "org_id"], ["catalog_uploads.id", "catalog_uploads.org_id"]),
        CheckConstraint("(kind = 'bad') = (why is not null)", name="why"),
        CheckConstraint("state = 'waiting' or offer_id is not null", name="offer_id"),
        Index("catalog_upload_rows_kind_idx", "upload_id", "kind", "line", postgresql_where=text("kind <> 'new'")),
    )

    upload_id: Mapped[Key] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    org_id: Mapped[Key]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'::text"))
    sku: Mapped[str | None]
    article: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    changes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    price_change: Mapped[Decimal | None] = mapped_column(Numeric)
    is_flagged: Mapped[bool] = mapped_column(server_default=text("false"))
    why: Mapped[str | None]
    cells: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    offer_id: Mapped[UUID | None]
    version: Mapped[int | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
