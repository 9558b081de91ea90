"""The post: takes letters and text messages that are to be sent, and sends them.

Sending stands outside of every transaction. A claim is said first, what became of it afterwards, so whoever dies in
between leads to a second letter with the same Message-ID, never to none.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpx

from app import words
from domain import notifications
from domain.kernel.actor import Actor
from domain.kernel.settings import settings
from domain.kernel.work import run
from domain.notifications import Composed, Topic, Wish

_PATIENCE_S = 20
_ROUND_S = 60  # less than a claim holds
_NOT_YET = frozenset({401, 403, 408, 409, 425, 429})  # what passes, or is for the operator to mend
_SAFE_WITHOUT_TLS = frozenset({"127.0.0.1", "localhost", "::1"})
_log = logging.getLogger(__name__)


class Refused(Exception):
    """The receiving side says no for good."""


def post() -> int:
    """Decide who is written to about what is new, and send what waits. Returns how many messages were sent."""
    system = Actor.system()
    run(system, notifications.mail_notices)
    run(system, notifications.write_digests)
    return send_emails() + send_texts()


# --- letters -----------------------------------------------------------------------------------


def send_emails() -> int:
    """Send the letters that wait; none when no mail server is known, so that they wait for one."""
    address = settings().smtp
    if address is None:
        return 0
    wishes = run(Actor.system(), notifications.claim_emails)
    if not wishes:
        return 0
    try:
        with _server(address.get_secret_value()) as server:
            return _each(wishes, lambda wish: _hand_over(server, wish), is_text=False)
    except (OSError, smtplib.SMTPException) as problem:
        # The mail server itself does not answer: nobody's letter is at fault.
        _log.warning("the mail server does not answer: %s", type(problem).__name__)
        for wish in wishes:
            _not_sent(wish, "The mail server does not answer.", is_text=False)
        return 0


def letter(wish: Wish) -> EmailMessage:
    """The message of a wish, the same whenever it is made."""
    composed, home = composed_of(wish.kind, wish.facts, person=wish.person_id), settings().public_url
    message = EmailMessage()
    message["Subject"] = composed.subject
    message["From"] = settings().mail_from
    message["To"] = wish.recipient
    message["Date"] = format_datetime(wish.created_at)
    domain = parseaddr(settings().mail_from)[1].rpartition("@")[2]
    message["Message-ID"] = f"<{wish.message_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    link = unsubscribe_link(wish.facts, wish.person_id, home)
    if link:
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(composed.text)
    message.add_alternative(composed.html, subtype="html")
    return message


def composed_of(kind: str, facts: dict[str, Any], *, person: Any = None) -> Composed:
    """The words of a letter, with its one-time link, and those of a notice from the screens."""
    home = settings().public_url
    if kind in ("notice", "digest"):
        link = unsubscribe_link(facts, person, home)
        known = {"unsubscribe": f"\nNo more of these: {link}" if link else ""}
        if kind == "notice":
            known["sentence"] = words.notice_line(facts["notice"], facts["facts"])
        else:
            said = [words.notice_line(each["notice"], each["facts"]) for each in facts["notices"]]
            more = facts["count"] - len(said)
            known["lines"] = "\n".join(f"• {line}" for line in said) + (f"\n… and {more} more" if more else "")
        facts = facts | known
    return notifications.compose(kind, facts, home=home, token=notifications.token_in(facts))


def readable(kind: str, facts: dict[str, Any], *, channel: str) -> Composed | None:
    """A message as staff may read it; None when it holds a one-time link or code, which only development shows."""
    if notifications.has_secret(kind) and settings().environment == "production":
        return None
    return Composed("", text_of(kind, facts), "") if channel == "text" else composed_of(kind, facts)


def unsubscribe_link(facts: dict[str, Any], person: Any, home: str) -> str:
    """Where a letter about notices can be stopped; empty for one that cannot."""
    topic = facts.get("topic")
    if person is None or topic is None or Topic(topic) in notifications.UNMUTABLE:
        return ""
    return f"{home}/auth/unsubscribe?t={notifications.unsubscribe_token(person, Topic(topic))}"


@contextmanager
def _server(address: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(address)
    host, is_tls = parts.hostname or "", parts.scheme == "smtps"
    if is_tls:
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=_PATIENCE_S, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=_PATIENCE_S)
    try:
        server.ehlo()
        if not is_tls and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            is_tls = True
        if parts.username:
            if not is_tls and host not in _SAFE_WITHOUT_TLS:
                raise smtplib.SMTPNotSupportedError("the password would travel in clear")
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _hand_over(server: smtplib.SMTP, wish: Wish) -> None:
    try:
        server.send_message(letter(wish), to_addrs=[wish.recipient])
    except smtplib.SMTPRecipientsRefused as refusal:
        [(code, _)] = refusal.recipients.values()
        if code >= 500:
            raise Refused("The address does not take letters.") from None
        raise
    except smtplib.SMTPResponseException as refusal:
        with suppress(smtplib.SMTPException):
            server.rset()
        if 500 <= refusal.smtp_code < 600:
            raise Refused(f"The mail server refused the letter ({refusal.smtp_code}).") from None
        raise


# --- text messages -----------------------------------------------------------------------------


class Gateway(Protocol):
    """What sends text messages. A provider's adapter hands `message_id` on, so that twice is once."""

    def send(self, *, message_id: str, number: str, words: str) -> None: ...


class Simulator:
    """Keeps text messages as files in the data folder, where testers find their codes; nothing leaves the machine."""

    def send(self, *, message_id: str, number: str, words: str) -> None:
        (settings().folder("texts") / f"{message_id}.txt").write_text(f"{number}\n{words}\n")


class Webhook:
    """A provider that takes JSON over HTTPS: the id of the message, the number and the words.

    The id goes along as `Idempotency-Key` as well, so that a message which is handed over twice is sent once.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def send(self, *, message_id: str, number: str, words: str) -> None:
        try:
            answer = httpx.post(
                self._address, json={"id": message_id, "to": number, "text": words}, timeout=_PATIENCE_S,
                headers={"Idempotency-Key": message_id}, follow_redirects=False,
            )  # fmt: skip
        except httpx.HTTPError as problem:  # its words could hold the address, and the password in it
            raise OSError(type(problem).__name__) from None
        if answer.status_code in _NOT_YET or answer.status_code >= 500:
            raise OSError(f"The provider of text messages answered {answer.status_code}.")
        if not answer.is_success:
            raise Refused(f"The provider of text messages refused it ({answer.status_code}).")


def gateway() -> Gateway | None:
    """What sends text messages here: the provider that is set up, else the simulator, which is not for production."""
    address = settings().sms
    if address is not None:
        return Webhook(address.get_secret_value())
    return Simulator() if settings().environment != "production" else None


def send_texts() -> int:
    """Send the text messages that wait; none where nobody sends them, so that they wait."""
    through = gateway()
    if through is None:
        return 0
    wishes = run(Actor.system(), notifications.claim_texts)
    return _each(
        wishes,
        lambda wish: through.send(
            message_id=str(wish.message_id), number=wish.recipient, words=text_of(wish.kind, wish.facts)
        ),
        is_text=True,
    )


def text_of(kind: str, facts: dict[str, Any]) -> str:
    """The words of a text message, with its one-time code."""
    return notifications.compose_text(kind, facts, code=notifications.code_in(facts))


# --- both --------------------------------------------------------------------------------------


def _each(wishes: list[Wish], send: Callable[[Wish], None], *, is_text: bool) -> int:
    sent, began = 0, time.monotonic()
    for wish in wishes:
        if time.monotonic() - began > _ROUND_S:
            break  # the claims run out; the next round takes the rest
        try:
            send(wish)
        except Refused as refusal:
            _not_sent(wish, str(refusal), is_text=is_text, is_final=True)
        except (OSError, smtplib.SMTPException) as problem:
            _not_sent(wish, f"Not taken yet ({type(problem).__name__}).", is_text=is_text)
        except Exception as problem:  # the worker's edge: words that cannot be made must not hold up the others
            _log.exception("message %s of kind %s could not be made", wish.message_id, wish.kind)
            _not_sent(wish, f"It could not be made ({type(problem).__name__}).", is_text=is_text)
        else:
            run(Actor.system(), notifications.record_sent, message_id=wish.message_id, is_text=is_text)
            sent += 1
    return sent


def _not_sent(wish: Wish, problem: str, *, is_text: bool, is_final: bool = False) -> None:
    run(
        Actor.system(), notifications.record_not_sent, message_id=wish.message_id, problem=problem, is_final=is_final,
        is_text=is_text,
    )  # fmt: skip
