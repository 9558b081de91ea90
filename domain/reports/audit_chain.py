"""Is the audit trail whole? Every sealed event against what was hashed of it, every batch against the one before."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work


class AuditBreak(BaseModel):
    """The first thing in the chain that is not as it was sealed. Without an event the whole batch is meant."""

    model_config = ConfigDict(frozen=True)

    batch: int
    event_id: int | None
    problem: str

    @property
    def sentence(self) -> str:
        where = f"batch {self.batch}" if self.event_id is None else f"event {self.event_id} (batch {self.batch})"
        return f"{where} {self.problem}"


class AuditChain(BaseModel):
    """The chain as it is: how much is sealed and how much waits, its newest hash, and where it first breaks.

    Whoever notes the newest hash elsewhere can later prove that nothing was cut off at the end either.
    """

    model_config = ConfigDict(frozen=True)

    batches: int
    events: int
    waiting: int
    sealed_at: datetime | None
    head: str | None
    broken: AuditBreak | None


_CHAIN = text("""
    select (select count(*) from audit_seals) as batches, (select count(*) from audit_sealed_events) as events,
           (select count(*) from events e
            where not exists (select 1 from audit_sealed_events s where s.event_id = e.id)) as waiting,
           (select max(sealed_at) from audit_seals) as sealed_at,
           (select encode(hash, 'hex') from audit_seals order by batch desc limit 1) as head
""")
# Within a batch the event that was changed says more than the batch that no longer adds up because of it.
_FIRST_BREAK = text("""
    with seals as (
        select batch, previous_hash, hash, events, row_number() over (order by batch) as place,
               lag(hash, 1, ''::bytea) over (order by batch) as hash_before
        from audit_seals
    ), sealed as (
        select s.batch, s.event_id, s.position, s.digest, e.id is null as is_gone, event_digest(e) as digest_now,
               row_number() over (partition by s.batch order by s.event_id) as place
        from audit_sealed_events s left join events e on e.id = s.event_id
    ), sums as (
        select batch, count(*) as events, string_agg(digest, ''::bytea order by event_id) as digests
        from sealed group by batch
    ), breaks (batch, event_id, rank, problem) as (
        select batch, event_id, 1, 'was deleted after it was sealed' from sealed where is_gone
        union all
        select batch, event_id, 1, 'was changed after it was sealed' from sealed
        where not is_gone and digest_now is distinct from digest
        union all
        select batch, event_id, 2, 'does not stand where it was sealed: one before it was taken out or put in'
        from sealed where position <> place
        union all
        select r.batch, r.event_id, 3, 'is sealed in a batch that is gone' from sealed r
        where not exists (select 1 from seals g where g.batch = r.batch)
        union all
        select batch, null, 4, 'is not the next one: a batch before it was deleted' from seals where batch <> place
        union all
        select batch, null, 5, 'does not follow from the batch before it' from seals
        where previous_hash <> hash_before
        union all
        select g.batch, null, 6, 'does not hold the events that were sealed in it' from seals g
        left join sums s on s.batch = g.batch
        where coalesce(s.events, 0) <> g.events or sha256(g.previous_hash || s.digests) is distinct from g.hash
    )
    select batch, event_id, problem from breaks order by batch, rank, event_id limit 1
""")


def audit_chain(work: Work) -> AuditChain:
    """The chain of the audit trail, checked from its first event to its last: it reads all of them.

    Raises `NotFound` or `NotAllowed` for everybody but staff who read everybody's log, and jobs.
    """
    work.actor.require(Permission.SEE_ALL_AUDIT)
    work.actor.require_staff()
    work.session.execute(text("set local statement_timeout = '15min'"))
    chain = work.session.execute(_CHAIN).one()._asdict()
    return AuditChain(**chain, broken=first_break(work))


def first_break(work: Work) -> AuditBreak | None:
    row = work.session.execute(_FIRST_BREAK).one_or_none()
    return None if row is None else AuditBreak(**row._asdict())
