"""Questions about organisations and people."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from domain.identity.matrix import GRANTS
from domain.identity.permissions import Permission
from domain.identity.phones import cooling_until
from domain.identity.states import Variant
from domain.identity.views import (
    MemberRow,
    OrganizationCard,
    OrganizationRow,
    ProviderRow,
    SignedIn,
    SiteRow,
    SupplierCard,
    WaysIn,
)
from domain.kernel.errors import NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


def my_organization(work: Work) -> OrganizationCard:
    """The actor's own organisation."""
    row = work.session.execute(
        text(
            "select id as org_id, kind, name, country_code, region, time_zone, locale, currency, about, state,"
            " legal_name, registration_number, tax_number from organizations where id = :org_id"
        ),
        {"org_id": work.actor.require_org()},
    ).one_or_none()
    if row is None:
        raise NotFound
    return OrganizationCard.model_validate(row._asdict())


def my_sites(work: Work, *, kind: str | None = None) -> list[SiteRow]:
    """The places of the actor's organisation, by name; of who is kept to stores, warehouses or regions those."""
    rows = work.session.execute(
        text(
            "select id as site_id, kind, name, street, postal_code, city, region, country_code, time_zone, dock_hours,"
            " preferred_carrier, delivery_notes from sites"
            " where org_id = :org_id and (cast(:kind as text) is null or kind = :kind)"
            " and ((select my_places()) is null or id = any (cast((select my_places()) as uuid[])))"
            " and ((select my_regions()) is null or in_regions(cast((select my_regions()) as uuid[]), country_code,"
            "   postal_code, cast(cast(:now as timestamptz) at time zone 'UTC' as date))) order by name"
        ),
        {"org_id": work.actor.require_org(), "kind": kind, "now": work.now},
    )
    return [SiteRow.model_validate(row._asdict()) for row in rows]


def my_team(work: Work) -> list[MemberRow]:
    """The people of the actor's organisation."""
    rows = work.session.execute(
        text(
            "select p.id as person_id, p.name, p.email, m.variant, m.state, m.created_at as joined_at, m.removed_at,"
            " h.name as handed_to from memberships m join people p on p.id = m.person_id"
            " left join people h on h.id = m.handed_to where m.org_id = :org_id order by m.state, p.name"
        ),
        {"org_id": work.actor.require_org()},
    )
    return [MemberRow.model_validate(row._asdict()) for row in rows]


def supplier_card(work: Work, *, org_id: UUID) -> SupplierCard:
    """A seller, as everybody signed in may see it. Raises `NotFound` for anything else."""
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    row = work.session.execute(
        text(
            "select id as org_id, name, legal_name, kind, country_code, region, about, created_at as since"
            " from organizations"
            " where id = :org_id and kind in ('manufacturer', 'distributor') and origin = 'live' and state = 'active'"
        ),
        {"org_id": org_id},
    ).one_or_none()
    if row is None:
        raise NotFound
    return SupplierCard.model_validate(row._asdict())


def organizations(
    work: Work, *, kind: str | None = None, find: str = "", page: int = 1, size: int = 50
) -> tuple[list[OrganizationRow], int]:
    """Live organisations for the platform's list: one page, and how many there are in all."""
    work.actor.require(Permission.MANAGE_MEMBERS)
    rows = work.session.execute(
        text(
            "select o.id as org_id, o.kind, o.name, o.country_code, o.state, o.created_at,"
            " (select count(*) from memberships m where m.org_id = o.id and m.state = 'active') as people,"
            " count(*) over () as total from organizations o"
            " where o.origin = 'live' and (cast(:kind as text) is null or o.kind = :kind)"
            " and strpos(lower(o.name), lower(:find)) > 0 order by o.name, o.id limit :size offset :skip"
        ),
        {"kind": kind, "find": find, "size": size, "skip": (max(page, 1) - 1) * size},
    ).all()
    found = [OrganizationRow.model_validate(row._asdict()) for row in rows]
    return found, rows[0].total if rows else 0


def person_by_email(work: Work, *, email: str) -> SignedIn:
    """Who a person would be when signed in: for the command line, the demo and tests (system only)."""
    if not work.actor.is_system:
        raise NotFound
    row = work.session.execute(
        text(
            "select p.id as person_id, p.name as person_name, p.email, o.id as org_id, o.name as org_name,"
            " o.kind as org_kind, m.variant, o.time_zone, o.locale, o.currency"
            " from people p join memberships m on m.person_id = p.id and m.state = 'active'"
            " join organizations o on o.id = m.org_id where p.email = lower(:email) order by m.created_at, o.id limit 1"
        ),
        {"email": email},
    ).one_or_none()
    if row is None:
        raise NotFound(f"Nobody signs in as {email}.")
    return SignedIn.model_validate({**row._asdict(), "session_id": new_id()})


def time_zones(work: Work, *, org_ids: Collection[UUID]) -> dict[UUID, str]:
    """The time zones of organisations that the actor may see."""
    if work.actor.org_id is None and not work.actor.is_system:
        raise NotFound
    rows = work.session.execute(
        text(
            "select id, time_zone from organizations"
            " where id = any(:ids) and (kind in ('manufacturer', 'distributor') or id = :me or :staff)"
        ),
        {"ids": list(org_ids), "me": work.actor.org_id, "staff": work.actor.is_staff},
    )
    return {row.id: row.time_zone for row in rows}


def holders_of(permission: Permission) -> list[Variant]:
    """The role variants that hold a permission."""
    return [variant for variant, granted in GRANTS.items() if permission in granted]


def my_ways_in(work: Work) -> WaysIn:
    """How the person who acts is reached and signs in, and which changes of that wait."""
    work.actor.require_self()
    me = work.actor.user_id
    row = work.session.execute(
        text(
            "select p.email, p.email_confirmed_at, p.phone, p.phone_confirmed_at, c.new_email, c.old_confirmed_at,"
            " c.new_confirmed_at, c.expires_at as new_email_until, k.phone as code_for, k.expires_at as code_until"
            " from people p"
            " left join email_changes c on c.person_id = p.id and c.state = 'waiting' and c.expires_at > :now"
            " left join lateral (select * from phone_codes where person_id = p.id order by created_at desc, id desc"
            " limit 1) k on k.used_at is null and k.expires_at > :now"
            " where p.id = :me"
        ),
        {"me": me, "now": work.now},
    ).one_or_none()
    if me is None or row is None:
        raise NotFound
    providers = work.session.execute(
        text(
            "select provider, joined_at, last_used_at from person_identities where person_id = :me order by provider"
        ),
        {"me": me},
    )
    return WaysIn(
        **row._asdict(), cooling_until=cooling_until(work, person_id=me),
        providers=[ProviderRow.model_validate(found._asdict()) for found in providers],
    )  # fmt: skip
