"""Notifications: what people are told, in the app.

A notice belongs to an organisation, is told once per cause, and carries facts; screens choose the words.
Written by reactions; read and marked as read by the organisation's people.
"""

from domain.notifications.commands import mark_read, tell
from domain.notifications.queries import my_notices, unread
from domain.notifications.views import NoticeRow

__all__ = ["NoticeRow", "mark_read", "my_notices", "tell", "unread"]
