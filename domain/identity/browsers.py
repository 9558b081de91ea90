"""Browsers that a person has signed in from: a letter goes out for one that was not seen before.

A browser carries a random id of its own in a signed cookie. What is kept is a hash of it together with the person, so
that two people who share a browser cannot be linked by it, and nobody can be followed anywhere else by it.
"""

import hashlib
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.identity.events import NewBrowserSeen, SignInDisowned
from domain.identity.links import SPENT, new_link, token_of, use_link, withdraw_links
from domain.identity.lost_factors import cancel_loss_of
from domain.identity.models import Person
from domain.identity.resetting import RESET_LIFE
from domain.identity.sessions import end_sessions_of, system_only
from domain.identity.states import LinkPurpose
from domain.kernel.errors import NotFound
from domain.kernel.work import Work

KNOWN_FOR = timedelta(days=400)  # as long as a browser keeps its cookie
DISOWN_LIFE = timedelta(days=7)


def note_browser(work: Work, *, session_id: UUID, browser: str) -> None:
    """Note from which browser a session was opened (system only). The first of an account is nothing to write about.

    Announces `NewBrowserSeen`.
    """
    system_only(work)
    session = work.session.execute(
        text(
            "select s.person_id, s.org_id, exists (select 1 from sign_in_sessions o where o.person_id = s.person_id"
            " and o.id <> s.id and o.ticket_hash is null) as was_here_before"
            " from sign_in_sessions s where s.id = :id and s.revoked_at is null"
        ),
        {"id": session_id},
    ).one_or_none()
    if session is None:
        raise NotFound
    is_new: bool = work.session.execute(
        text(
            "insert into known_browsers as k (person_id, browser_hash, first_seen_at, last_seen_at)"
            " values (:person, :hash, :now, :now)"
            " on conflict (person_id, browser_hash) do update set last_seen_at = :now"
            " returning k.xmax = 0"  # a row that was inserted was locked by nobody before
        ),
        {"person": session.person_id, "hash": _hash(session.person_id, browser), "now": work.now},
    ).scalar_one()
    if not (is_new and session.was_here_before):
        return
    link_id = new_link(
        work, purpose=LinkPurpose.NEW_BROWSER, person_id=session.person_id, life=DISOWN_LIFE,
        facts={"session_id": str(session_id)},
    )  # fmt: skip
    work.record(
        NewBrowserSeen(
            subject_id=session.person_id, session_id=session_id, link_id=link_id, for_org_id=session.org_id
        )
    )


def disown_sign_in(work: Work, *, token: str) -> str:
    """Say by the link of a letter that a sign-in was somebody else (system only).

    Returns the token of a link for a new password. All sessions end, no browser is known any more, and the password
    of before opens nothing. Raises `NotFound` for a link that does not work. Announces `SignInDisowned`.
    """
    link = use_link(work, token=token, purpose=LinkPurpose.NEW_BROWSER)
    person = work.session.get(Person, link.person_id, with_for_update=True) if link.person_id else None
    if person is None or person.state != "active":
        raise NotFound(SPENT)
    person.password_hash = None
    ended = end_sessions_of(work, person_id=person.id)
    work.session.execute(text("delete from known_browsers where person_id = :id"), {"id": person.id})
    cancel_loss_of(work, person_id=person.id, by="link")
    for purpose in (LinkPurpose.PASSWORD_RESET, LinkPurpose.NEW_BROWSER):
        withdraw_links(work, purpose=purpose, person_id=person.id)
    session_id = UUID(str(link.facts["session_id"]))
    work.record(SignInDisowned(subject_id=person.id, session_id=session_id, sessions_ended=ended))
    return token_of(new_link(work, purpose=LinkPurpose.PASSWORD_RESET, person_id=person.id, life=RESET_LIFE))


def _hash(person_id: UUID, browser: str) -> bytes:
    return hashlib.sha256(f"{person_id}|{browser}".encode()).digest()


# --- what a browser tells of itself ------------------------------------------------------------

_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("HeadlessChrome", "Chrome"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(user_agent: str | None) -> str:
    """The browser and the machine as far as a browser tells."""
    agent = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "A program or an unknown device"
