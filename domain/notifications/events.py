from dataclasses import dataclass
from typing import Any, ClassVar

from domain.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageFailed(Event):
    """A letter or text message was given up after the last try."""

    subject: ClassVar[str] = "message"
    channel: str


@dataclass(frozen=True, kw_only=True)
class MessageResent(Event):
    subject: ClassVar[str] = "message"
    channel: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class EmailsChosen(Event):
    """A person chose how he wants letters about a topic."""

    subject: ClassVar[str] = "person"
    topic: str
    before: dict[str, Any]
    after: dict[str, Any]
