"""Who is written to about a notice, and when: what each person has chosen, and the daily letter.

Notices in the app are for everybody. A letter follows the person's choice for the topic, and goes only to people
whose role has to do with it. What was chosen counts at the moment of sending, not of happening.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.identity import Permission, holders_of
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.settings import settings
from domain.kernel.work import Work
from domain.notifications.events import EmailsChosen
from domain.notifications.states import DEFAULTS, TRADE, UNMUTABLE, EmailWish, Topic, topic_of
from domain.notifications.views import PreferenceRow

# What is older is no news any more: after a standstill nobody gets a year of letters.
_NEWS = timedelta(days=2)
_DIGEST_FROM_HOUR = 7
_DIGEST_LINES = 50
P = Permission
# Whose work a topic is. The others see it in the app.
_READERS: dict[Topic, tuple[Permission, ...]] = {
    Topic.ORDERS: (P.SEE_SALES, P.SEE_PURCHASES),
    Topic.MONEY: (P.SEE_PAYOUTS, P.PAY, P.PREPARE_PAYOUTS),
    Topic.ACCOUNT: (P.MANAGE_ORGANIZATION, P.MANAGE_TEAM, P.MANAGE_MEMBERS),
    Topic.SECURITY: (P.MANAGE_ORGANIZATION, P.MANAGE_TEAM),
}


def my_preferences(work: Work) -> list[PreferenceRow]:
    """How the person here wants letters, one row a topic, with what holds when nothing was chosen."""
    if work.actor.user_id is None:
        raise NotFound
    chosen: dict[str, str] = dict(
        work.session.execute(
            text("select topic, email from notice_preferences where person_id = :person"),
            {"person": work.actor.user_id},
        ).all()
    )
    return [
        PreferenceRow(
            topic=topic, email=EmailWish(chosen.get(topic.value, DEFAULTS[topic])), is_fixed=topic in UNMUTABLE
        )
        for topic in Topic
    ]


def choose_emails(work: Work, *, topic: Topic, email: EmailWish) -> None:
    """Choose how the person here wants letters about a topic.

    Raises `Invalid` for a topic that cannot be muted. Announces `EmailsChosen`.
    """
    if work.actor.user_id is None:
        raise NotFound
    _choose(work, work.actor.user_id, Topic(topic), EmailWish(email))


def unsubscribe(work: Work, *, token: str) -> Topic:
    """Stop letters about a topic for whom the token was made, as the link in a letter does (system only).

    Returns the topic. Raises `NotFound` for a token that is not ours. Doing it twice is fine.
    """
    if not work.actor.is_system:
        raise NotFound
    person_id, topic = _read_token(token)
    _choose(work, person_id, topic, EmailWish.OFF)
    return topic


def unsubscribe_token(person_id: UUID, topic: Topic) -> str:
    """What proves in a link that its holder got a letter to this person about this topic."""
    said = f"{person_id}:{Topic(topic).value}"
    return urlsafe_b64encode(f"{said}:{_mac(said)}".encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[UUID, Topic]:
    try:
        said, _, mac = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().rpartition(":")
        person, _, topic = said.partition(":")
        if not hmac.compare_digest(mac, _mac(said)):
            raise NotFound
        return UUID(person), Topic(topic)
    except (NotBase64, ValueError, UnicodeError, TypeError):
        raise NotFound from None


def _mac(said: str) -> str:
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, b"unsubscribe:" + said.encode(), hashlib.sha256).hexdigest()[:32]


def _choose(work: Work, person_id: UUID, topic: Topic, email: EmailWish) -> None:
    if topic in UNMUTABLE:
        raise Invalid("E-mails about this cannot be switched off: they are about your money and your safety.")
    before = work.session.execute(
        text("select email from notice_preferences where person_id = :person and topic = :topic"),
        {"person": person_id, "topic": topic.value},
    ).scalar_one_or_none()
    if before == email.value:
        return
    work.session.execute(
        text(
            "insert into notice_preferences (person_id, topic, email, changed_at) values (:person, :topic, :email,"
            " :now) on conflict (person_id, topic) do update set email = excluded.email, changed_at = :now"
        ),
        {"person": person_id, "topic": topic.value, "email": email.value, "now": work.now},
    )
    work.record(
        EmailsChosen(
            subject_id=person_id, topic=topic.value, before={"email": before or DEFAULTS[topic].value},
            after={"email": email.value},
        )
    )  # fmt: skip


def mail_notices(work: Work, *, limit: int = 500) -> int:
    """Decide who is written to about notices of which nobody has decided yet (system only). Returns how many.

    Who wants a letter at once gets a wish for one, who wants a daily letter gets the notice into the next.
    """
    if not work.actor.is_system:
        raise NotFound
    notices = work.session.execute(
        text(
            "update notices set mailed_at = :now where id in (select id from notices where mailed_at is null"
            " order by created_at, id limit :limit for update skip locked) returning id, kind, created_at"
        ),
        {"now": work.now, "limit": limit},
    ).all()
    news = [row for row in notices if row.created_at > work.now - _NEWS]
    if not news:
        return len(notices)
    readers = {topic: sorted({str(v) for right in rights for v in holders_of(right)})
               for topic, rights in _READERS.items()}  # fmt: skip
    topics = [
        {
            "topic": topic.value, "default": DEFAULTS[topic].value, "fixed": topic in UNMUTABLE,
            "readers": readers.get(topic),
        }
        for topic in Topic
    ]  # fmt: skip
    reached = work.session.execute(
        text(
            "select n.id as notice_id, n.org_id, n.kind, n.facts, m.person_id, p.email, t.topic,"
            " case when t.fixed then 'now' else coalesce(c.email, t.default) end as wish"
            " from jsonb_to_recordset(cast(:news as jsonb)) as k(id uuid, topic text)"
            " join notices n on n.id = k.id"
            ' join jsonb_to_recordset(cast(:topics as jsonb)) as t(topic text, "default" text, fixed boolean,'
            " readers jsonb) on t.topic = k.topic"
            " join memberships m on m.org_id = n.org_id and m.state = 'active' and m.created_at <= n.created_at"
            " and (n.person_id = m.person_id or (n.person_id is null and (t.readers = 'null' or t.readers is null"
            "   or t.readers ? m.variant)))"
            " join people p on p.id = m.person_id and p.state = 'active' and p.email_confirmed_at is not null"
            " left join notice_preferences c on c.person_id = m.person_id and c.topic = t.topic"
            " where not exists (select 1 from notice_reads r where r.notice_id = n.id and r.person_id = m.person_id)"
            " and (n.subject <> 'order' or reaches_order(m.person_id, m.org_id, n.subject_id))"
            " order by n.created_at, n.id, m.person_id"
        ),
        {
            "news": json.dumps([{"id": str(row.id), "topic": topic_of(row.kind).value} for row in news]),
            "topics": json.dumps(topics),
        },
    ).all()
    at_once = [
        {
            "id": new_id(), "cause": f"notice:{row.notice_id}", "recipient": row.email, "org_id": row.org_id,
            "person_id": row.person_id, "now": work.now, "kind": "notice",
            "facts": json.dumps({"notice": row.kind, "topic": row.topic, "facts": row.facts}, default=str),
        }
        for row in reached if row.wish == EmailWish.NOW
    ]  # fmt: skip
    if at_once:
        work.session.execute(_WRITE, at_once)
    later = [{"notice_id": row.notice_id, "person_id": row.person_id, "org_id": row.org_id}
             for row in reached if row.wish == EmailWish.DAILY]  # fmt: skip
    if later:
        work.session.execute(
            text(
                "insert into digest_items (notice_id, person_id, org_id) values (:notice_id, :person_id, :org_id)"
                " on conflict do nothing"
            ),
            later,
        )
    return len(notices)


_WRITE = text(
    "insert into outgoing_emails (id, cause, kind, recipient, org_id, person_id, facts, next_try_at, created_at)"
    " values (:id, :cause, :kind, :recipient, :org_id, :person_id, cast(:facts as jsonb), :now, :now)"
    " on conflict (cause, kind, recipient) do nothing"
)


def write_digests(work: Work, *, limit: int = 100) -> int:
    """Write the daily letter of everybody whose morning has come and who has had none today (system only).

    Who works for several organisations gets one of each. A day is that of the organisation's time zone. What a person
    has read meanwhile, no longer wants letters about, or is told of a team that the person has left, is left out; a
    letter with nothing in it is not written. Returns how many letters were written.
    """
    if not work.actor.is_system:
        raise NotFound
    work.session.execute(
        text("delete from digest_items d using notices n where n.id = d.notice_id and d.email_id is null and"
             " (exists (select 1 from notice_reads r where r.notice_id = d.notice_id and r.person_id = d.person_id)"
             " or not exists (select 1 from memberships m where m.person_id = d.person_id and m.org_id = d.org_id"
             "   and m.state = 'active')"
             " or exists (select 1 from notice_preferences c where c.person_id = d.person_id and c.email = 'off'"
             " and c.topic = case when n.kind = any(:trade) then 'orders' else 'account' end))"),
        {"trade": sorted(TRADE)},
    )  # fmt: skip
    people = work.session.execute(
        text(
            "select d.person_id, d.org_id, p.email, to_char(:now at time zone o.time_zone, 'YYYY-MM-DD') as today,"
            " count(*) as items from digest_items d join people p on p.id = d.person_id and p.state = 'active'"
            " join organizations o on o.id = d.org_id"
            " where d.email_id is null and extract(hour from :now at time zone o.time_zone) >= :from_hour"
            " and not exists (select 1 from outgoing_emails e where e.kind = 'digest' and e.cause = 'digest:' ||"
            "   d.person_id || ':' || d.org_id || ':' || to_char(:now at time zone o.time_zone, 'YYYY-MM-DD'))"
            " group by d.person_id, d.org_id, p.email, o.time_zone order by d.person_id limit :limit"
        ),
        {"now": work.now, "from_hour": _DIGEST_FROM_HOUR, "limit": limit},
    ).all()
    for person in people:
        told = work.session.execute(
            text(
                "select n.id, n.kind, n.facts from digest_items d join notices n on n.id = d.notice_id"
                " where d.person_id = :person and d.org_id = :org and d.email_id is null"
                " order by n.created_at, n.id for update of d"
            ),
            {"person": person.person_id, "org": person.org_id},
        ).all()
        email_id = new_id()
        facts = {
            "count": len(told), "topic": Topic.ORDERS.value,
            "notices": [{"notice": row.kind, "facts": row.facts} for row in told[:_DIGEST_LINES]],
        }  # fmt: skip
        work.session.execute(
            _WRITE,
            {
                "id": email_id, "cause": f"digest:{person.person_id}:{person.org_id}:{person.today}", "kind": "digest",
                "recipient": person.email, "org_id": person.org_id, "person_id": person.person_id,
                "facts": json.dumps(facts, default=str), "now": work.now,
            },
        )  # fmt: skip
        work.session.execute(
            text("update digest_items set email_id = :email where person_id = :person and notice_id = any(:ids)"),
            {"email": email_id, "person": person.person_id, "ids": [row.id for row in told]},
        )
    return len(people)
