from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class NoticeRow(BaseModel):
    """One notice; `kind` and `facts` become words on the screen."""

    model_config = ConfigDict(frozen=True)

    notice_id: UUID
    kind: str
    subject: str
    subject_id: UUID
    facts: dict[str, Any]
    created_at: datetime
    read_at: datetime | None
