"""Links that are sent to people: single use, short life, and nothing secret in the table.

The token in a link is the row's id with a keyed hash of it, derived anew whenever a message is written.
Whoever reads the table can therefore open nothing; whoever guesses ids cannot either.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from domain.identity.models import Link
from domain.identity.states import LinkPurpose
from domain.identity.views import LinkRow
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.sealing import keyed_hash
from domain.kernel.work import Work

# One sentence for a link that is used, late, forged or somebody else's: which of them is nobody's business.
SPENT = "This link has expired or was already used. Please ask for a new one."
_MAC_BYTES = 26  # with the 16 of the id they fill base64 without padding


def make_link(
    work: Work,
    *,
    purpose: LinkPurpose,
    person_id: UUID | None = None,
    org_id: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
    life: timedelta,
) -> UUID:
    """Make a link for one's own organisation or oneself (the system: for anybody). Returns its id.

    Whoever sends it derives its token by `token_of` at the moment of sending. Raises `NotFound` for a link
    that would be somebody else's.
    """
    me = work.actor
    is_own = (org_id is not None and org_id == me.org_id) or (person_id is not None and person_id == me.user_id)
    if not (is_own or me.is_system):
        raise NotFound
    return new_link(work, purpose=purpose, person_id=person_id, org_id=org_id, facts=facts, life=life)


def new_link(
    work: Work,
    *,
    purpose: LinkPurpose,
    person_id: UUID | None = None,
    org_id: UUID | None = None,
    facts: Mapping[str, Any] | None = None,
    life: timedelta,
) -> UUID:
    """The step by which a link is made. The caller had the right to it."""
    link = Link(
        id=new_id(), purpose=LinkPurpose(purpose).value, person_id=person_id, org_id=org_id, facts=dict(facts or {}),
        created_at=work.now, expires_at=work.now + life,
    )  # fmt: skip
    work.session.add(link)
    work.session.flush()
    return link.id


def token_of(link_id: UUID) -> str:
    """The token that opens a link, for the message that carries it. Never store it, never log it."""
    return urlsafe_b64encode(link_id.bytes + keyed_hash(str(link_id), purpose="link")[:_MAC_BYTES]).decode()


def link_of(work: Work, *, token: str, purpose: LinkPurpose | None = None) -> LinkRow:
    """What a link that still works is for, without using it up: mail scanners open links too (system only).

    Without a `purpose` it may be for anything.

    Raises `NotFound`, in one sentence whatever is wrong with it.
    """
    return _row(_live(work, token, purpose, lock=False))


def use_link(work: Work, *, token: str, purpose: LinkPurpose) -> LinkRow:
    """Use a link up and say what it was for (system only). The second to come finds it used.

    Raises `NotFound`, in one sentence whatever is wrong with it.
    """
    link = _live(work, token, purpose, lock=True)
    link.used_at = work.now
    work.session.flush()
    return _row(link)


def withdraw_links(
    work: Work, *, purpose: LinkPurpose, person_id: UUID | None = None, org_id: UUID | None = None,
    link_id: UUID | None = None,
) -> int:  # fmt: skip
    """Make links of one's own useless that were not used yet: those of a person, of an organisation, or one.

    Returns how many. What is not the actor's own is not touched, and not counted.
    """
    me = work.actor
    if not me.is_system and me.org_id is None:
        raise NotFound
    wanted = [Link.purpose == LinkPurpose(purpose).value, Link.used_at.is_(None)]
    for column, value in ((Link.person_id, person_id), (Link.org_id, org_id), (Link.id, link_id)):
        if value is not None:
            wanted.append(column == value)
    if not me.is_system:
        wanted.append((Link.org_id == me.org_id) | (Link.person_id == me.user_id))
    statement = update(Link).where(*wanted).values(used_at=work.now).returning(Link.id)
    return len(work.session.scalars(statement, execution_options={"synchronize_session": False}).all())


def _live(work: Work, token: str, purpose: LinkPurpose | None, *, lock: bool) -> Link:
    if not work.actor.is_system:
        raise NotFound
    link_id = _id_in(token)
    if link_id is None:
        raise NotFound(SPENT)
    statement = select(Link).where(Link.id == link_id).execution_options(populate_existing=True)
    link = work.session.scalar(statement.with_for_update() if lock else statement)
    if link is None or link.used_at is not None or link.expires_at <= work.now:
        raise NotFound(SPENT)
    if purpose is not None and link.purpose != purpose:
        raise NotFound(SPENT)
    return link


def _id_in(token: str) -> UUID | None:
    """The id in a token that we made; None for anything else."""
    try:
        link_id = UUID(bytes=urlsafe_b64decode(token.encode("ascii"))[:16])
    except (binascii.Error, ValueError):
        return None
    # The whole text is compared: decoding overlooks what stands beside the letters of base64.
    return link_id if hmac.compare_digest(token, token_of(link_id)) else None


def _row(link: Link) -> LinkRow:
    return LinkRow(
        link_id=link.id, purpose=LinkPurpose(link.purpose), person_id=link.person_id, org_id=link.org_id,
        facts=link.facts, expires_at=link.expires_at,
    )  # fmt: skip
