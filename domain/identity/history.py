"""The organisations of an imported order history, adopted from the staged rows in one sweep."""

from uuid import UUID

from sqlalchemy import text

from domain.identity.permissions import Permission
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

_OPEN = text(
    "insert into histories (id, org_id, name, time_zone, currency, content_hash, orders, lines, imported_at)"
    " values (:id, :org_id, :name, :time_zone, :currency, :content_hash, :orders, :lines, :now)"
)

# Suppliers sell as manufacturers, buyers buy as retailers; nobody can sign in for them. Who stands in
# staged_parties already is an organisation that exists.
_ADOPT = text("""
    insert into organizations (id, kind, name, origin, history_id, external_id, country, region, time_zone, locale,
                               currency, registered_at, created_at)
    select new_id(:now), s.kind, coalesce(s.name, s.external_id), 'imported', h.id, s.external_id, s.country, s.region,
           h.time_zone, 'en', h.currency, s.registered_at, :now
    from (select 'manufacturer' as kind, line, supplier_id as external_id, name, country, null as region,
                 null::timestamptz as registered_at
          from staged_suppliers
          union all
          select 'retailer', line, buyer_id, name, country, region, registered_at from staged_buyers) as s
    cross join histories h
    where h.id = :history_id
      and not exists (select 1 from staged_parties p where p.kind = s.kind and p.external_id = s.external_id)
    order by s.kind, s.line
""")

_PARTIES = text("""
    insert into staged_parties (kind, external_id, org_id, name)
    select kind, external_id, id, name from organizations where history_id = :history_id
""")


_MINE = text("select exists (select 1 from histories where id = :history_id and org_id = :org_id)")


def open_history(
    work: Work,
    *,
    name: str,
    time_zone: str,
    currency: str,
    content_hash: str,
    orders: int,
    lines: int,
    org_id: UUID | None = None,
) -> UUID:
    """Write down the history under which everything of an import stands; answers its id.

    `org_id` is the company whose past it is: the actor's own. Only the system opens one that is nobody's.
    """
    if org_id is not None:
        work.actor.require_party(org_id)
        work.actor.require(Permission.BRING_PAST)
    elif not work.actor.is_system:
        raise NotFound
    history_id = new_id()
    work.session.execute(
        _OPEN,
        {
            "id": history_id,
            "org_id": org_id,
            "name": name,
            "time_zone": time_zone,
            "currency": currency,
            "content_hash": content_hash,
            "orders": orders,
            "lines": lines,
            "now": work.now,
        },
    )
    return history_id


def adopt_organizations(work: Work, *, history_id: UUID) -> None:
    """Make organisations of the history of the staged suppliers and buyers that do not stand for one that exists.

    Afterwards every one of them has its organisation in `staged_parties`.
    """
    require_own_history(work, history_id=history_id)
    work.session.execute(_ADOPT, {"history_id": history_id, "now": work.now})
    work.session.execute(_PARTIES, {"history_id": history_id})


def require_own_history(work: Work, *, history_id: UUID) -> None:
    """Refuse all but the system and the company that brings this history."""
    if work.actor.is_system:
        return
    facts = {"history_id": history_id, "org_id": work.actor.require_org()}
    if not work.session.execute(_MINE, facts).scalar():
        raise NotFound
    work.actor.require(Permission.BRING_PAST)
