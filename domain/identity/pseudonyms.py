"""People without names: what analysts see of who is here, who is disabled and whose organisation is suspended.

A pseudonym is a keyed hash of the person's id, so that the same person is the same row tomorrow and nobody without the
installation's key can say who it is. No name, no address, no id stands beside it, and times are as coarse as a month.
"""

from sqlalchemy import text

from domain.identity.permissions import Permission
from domain.identity.views import PseudonymRow
from domain.kernel.sealing import keyed_hash
from domain.kernel.work import Work

_ROWS = text(
    "select 'P-' || left(w.mark, 10) as pseudonym, o.kind, m.variant, o.country_code, p.state, o.state as org_state,"
    " to_char(m.created_at, 'YYYY-MM') as joined_in,"
    " (select to_char(max(s.last_seen_at), 'YYYY-MM') from sign_in_sessions s where s.person_id = p.id) as seen_in,"
    " count(*) over () as total"
    " from memberships m join people p on p.id = m.person_id"
    " join organizations o on o.id = m.org_id and o.origin = 'live' and o.kind <> 'platform'"
    " cross join lateral (select encode(sha256(convert_to(:key || p.id, 'UTF8')), 'hex') as mark) w"
    " where m.state = 'active' and (:which = 'all' or (:which = 'disabled' and p.state = 'disabled')"
    "  or (:which = 'suspended' and o.state = 'suspended'))"
    # In the order of the marks: that of joining would tell who is who.
    " order by w.mark, m.variant limit :size offset :skip"
)


def people_without_names(
    work: Work, *, which: str = "all", page: int = 1, size: int = 50
) -> tuple[list[PseudonymRow], int]:
    """Members of live organisations under pseudonyms: one page, and how many there are. `which`: all, disabled (their
    accounts), suspended (their organisations)."""
    work.actor.require(Permission.SEE_PSEUDONYMS)
    key = keyed_hash("people", purpose="pseudonyms").hex()
    rows = work.session.execute(_ROWS, {"key": key, "which": which, "size": size, "skip": (max(page, 1) - 1) * size})
    found = [row._asdict() for row in rows]
    total = int(found[0]["total"]) if found else 0
    return [PseudonymRow.model_validate(row) for row in found], total
