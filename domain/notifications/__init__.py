"""Notifications: what people are told, in the app, by e-mail and by text message.

A notice belongs to an organisation (or to one person of it), is told once per cause, and carries facts; screens
choose the words, and each person reads it for himself. Letters and text messages are wishes in a table that the
worker sends; their words stand in `letters`. Written by reactions. Relies on identity for one-time links.
Refuses anybody but the system to write to people.
"""

from domain.notifications.commands import mark_read, tell
from domain.notifications.forgetting import forget_messages_to, forget_old_messages
from domain.notifications.letters import LETTERS, TEXTS, Composed, compose, compose_text, has_secret
from domain.notifications.outgoing import (
    claim_emails,
    claim_texts,
    code_in,
    outgoing_messages,
    record_not_sent,
    record_sent,
    resend,
    send_email,
    send_text,
    token_in,
)
from domain.notifications.preferences import (
    choose_emails,
    mail_notices,
    my_preferences,
    unsubscribe,
    unsubscribe_token,
    write_digests,
)
from domain.notifications.queries import my_notices, unread
from domain.notifications.states import UNMUTABLE, EmailWish, OutgoingState, Topic
from domain.notifications.telling import News, tell_all
from domain.notifications.views import NoticeRow, OutgoingRow, PreferenceRow, Wish

__all__ = [
    "write_digests",
    "unsubscribe_token",
    "unsubscribe",
    "my_preferences",
    "mail_notices",
    "choose_emails",
    "UNMUTABLE",
    "PreferenceRow",
    "Composed",
    "EmailWish",
    "LETTERS",
    "News",
    "NoticeRow",
    "OutgoingRow",
    "OutgoingState",
    "TEXTS",
    "Topic",
    "Wish",
    "claim_emails",
    "forget_messages_to",
    "forget_old_messages",
    "claim_texts",
    "compose",
    "compose_text",
    "has_secret",
    "mark_read",
    "my_notices",
    "outgoing_messages",
    "record_not_sent",
    "record_sent",
    "resend",
    "token_in",
    "code_in",
    "send_email",
    "send_text",
    "tell",
    "tell_all",
    "unread",
]
