from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.notifications.states import EmailWish, Topic


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


class Wish(BaseModel):
    """A message that somebody has claimed to send."""

    model_config = ConfigDict(frozen=True)

    message_id: UUID
    kind: str
    recipient: str
    person_id: UUID | None
    facts: dict[str, Any]
    tries: int
    created_at: datetime


class OutgoingRow(BaseModel):
    """A letter or a text message in the platform's list; `facts` name a one-time link, never hold it."""

    model_config = ConfigDict(frozen=True)

    message_id: UUID
    channel: str
    kind: str
    recipient: str
    facts: dict[str, Any]
    state: str
    tries: int
    next_try_at: datetime
    problem: str | None
    sent_at: datetime | None
    created_at: datetime


class PreferenceRow(BaseModel):
    """How a person wants letters about a topic; `is_fixed` is what cannot be chosen."""

    model_config = ConfigDict(frozen=True)

    topic: Topic
    email: EmailWish
    is_fixed: bool
