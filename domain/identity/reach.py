"""How far a member's rights reach: up to an amount, and within the stores, customers, regions or warehouses.

The matrix says which roles can be narrowed; owners cannot. Without an entry a member of such a role has no limit and
sees the whole organisation, so a shop with one store has nothing to set up. The limit is read in the transaction that
spends it, and row-level security keeps the scopes once more. A region is that of the delivery address on the day of the
order, so what somebody saw on a day can be told again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text

from domain.identity.cells import By, Condition, How
from domain.identity.events import MemberLimitChanged, MemberScopesChanged
from domain.identity.granting import may_grant
from domain.identity.matrix import ROWS, grant_of
from domain.identity.models import Membership, MembershipLimit, MembershipScope
from domain.identity.permissions import Permission
from domain.identity.states import ScopeKind, Variant
from domain.identity.views import MemberReach
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.money import rounded
from domain.kernel.work import Work

_SCOPE_OF = {
    By.STORE: ScopeKind.STORE, By.CUSTOMER: ScopeKind.CUSTOMER, By.TERRITORY: ScopeKind.REGION,
    By.WAREHOUSE: ScopeKind.WAREHOUSE,
}  # fmt: skip


class AboveLimit(NotAllowed):
    """More than the person may decide alone."""


@dataclass(frozen=True, slots=True)
class Reach:
    """None: not narrowed. `stores` are the places one buys and receives for, those of one's warehouses too."""

    stores: frozenset[UUID] | None = None
    customers: frozenset[UUID] | None = None
    regions: frozenset[UUID] | None = None
    warehouses: frozenset[UUID] | None = None
    amount: Decimal | None = None
    currency: str | None = None

    def covers(self, actor: Actor, *, buyer_id: UUID, seller_id: UUID | None, site_id: UUID | None) -> bool:
        """Whether a trade is within the stores and customers that the actor is kept to; regions are asked apart."""
        in_store = self.stores is None or buyer_id != actor.org_id or site_id in self.stores
        of_customer = self.customers is None or seller_id != actor.org_id or buyer_id in self.customers
        return in_store and of_customer


_WIDE = Reach()
_KINDS = ("stores", "customers", "regions", "warehouses")


def scope_kinds(variant: Variant) -> frozenset[ScopeKind]:
    """To what a role can be kept."""
    grants = (grant for row in ROWS if variant in row.variants for grant in row.cell(variant))
    return frozenset(_SCOPE_OF[grant.by] for grant in grants if grant.by in _SCOPE_OF)


def adjusts_alone(actor: Actor) -> bool:
    """Whether the role may correct stock by any number; else large corrections are for a manager."""
    return actor.variant is None or _corrects_any(Variant(actor.variant)) is not False


def corrects_stock_alone(variant: Variant) -> bool:
    """Whether people of a role may correct stock, and by any number."""
    return _corrects_any(Variant(variant)) is True


def _corrects_any(variant: Variant) -> bool | None:
    grant = grant_of(variant, Permission.MANAGE_STOCK)
    return None if grant is None else grant.condition is not Condition.LARGE_ADJUSTMENTS_APPROVED


def can_be_limited(variant: Variant) -> bool:
    """Whether a role acts up to a personal amount."""
    grants = (grant for row in ROWS if variant in row.variants for grant in row.cell(variant))
    return any(grant.limited or grant.how is How.LIMITED for grant in grants)


NARROW = frozenset(variant for variant in Variant if scope_kinds(variant) or can_be_limited(variant))


def reach_of(work: Work) -> Reach:
    """How far the rights of the one who acts reach. Costs a statement for roles that can be narrowed only."""
    actor = work.actor
    if actor.org_id is None and not actor.is_system:
        raise NotFound
    if actor.variant is None or actor.variant not in NARROW:
        return _WIDE
    row = work.session.execute(
        text(
            "select my_places() as stores, my_scopes('customer') as customers, my_regions() as regions,"
            " my_warehouses() as warehouses, l.amount, l.currency"
            " from (values (1)) one(row) left join membership_limits l"
            " on l.person_id = :person_id and l.org_id = :org_id"
        ),
        {"person_id": actor.user_id, "org_id": actor.org_id},
    ).one()
    kept = {kind: None if ids is None else frozenset(ids) for kind, ids in row._asdict().items() if kind in _KINDS}
    return Reach(**kept, amount=row.amount, currency=row.currency)


def require_every_store(work: Work) -> None:
    """Refuse who is kept to some stores: what follows concerns the others as well. Raises `NotAllowed`."""
    if reach_of(work).stores is not None:
        raise NotAllowed("You keep the places that are assigned to you. Please ask the owner of your organisation.")


def require_reach(
    work: Work,
    *,
    buyer_id: UUID,
    seller_id: UUID | None,
    site_id: UUID | None,
    permission: Permission | None = None,
    amount: Decimal | None = None,
    currency: str | None = None,
    address: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Refuse what lies outside of the actor's stores, customers and regions, or above the personal limit on a right.

    `address` is where an order goes and `at` when it was placed; left out, the site's own address counts, and today.

    Raises `NotFound` outside of the scope, as for what does not exist, and `AboveLimit`.
    """
    reach = reach_of(work)
    if reach is _WIDE:
        return
    if not reach.covers(work.actor, buyer_id=buyer_id, seller_id=seller_id, site_id=site_id):
        raise NotFound
    if reach.regions is not None and not _in_regions(work, reach.regions, site_id, address, at or work.now):
        raise NotFound
    if permission is None or amount is None or reach.amount is None:
        return
    grant = grant_of(Variant(work.actor.variant or ""), permission)
    if grant is None or not (grant.limited or grant.how is How.LIMITED):
        return
    if currency != reach.currency or amount > reach.amount:
        limit = f"{rounded(reach.amount, reach.currency or 'EUR'):,f} {reach.currency}"
        raise AboveLimit(f"This is above your limit of {limit}. Please ask the owner of your organisation to do it.")


def _in_regions(
    work: Work, regions: Collection[UUID], site_id: UUID | None, address: Mapping[str, Any] | None, at: datetime
) -> bool:
    facts: dict[str, Any] = {"regions": list(regions), "on": at.astimezone(UTC).date()}
    if address is None:
        statement = text(
            "select in_regions(cast(:regions as uuid[]), country_code, postal_code, :on) from sites"
            " where id = :site_id and org_id = :org_id"
        )
        facts |= {"site_id": site_id, "org_id": work.actor.org_id}
    else:
        statement = text("select in_regions(cast(:regions as uuid[]), :country, :postal_code, :on)")
        facts |= {"country": address.get("country_code"), "postal_code": address.get("postal_code")}
    return bool(work.session.execute(statement, facts).scalar())


def set_member_limits(work: Work, *, person_id: UUID, amount: Decimal | None, currency: str, reason: str = "") -> None:
    """Set up to which amount a colleague acts alone; None takes the limit away.

    Nobody sets their own, nor one above their own. Raises `NotFound` for strangers, `NotAllowed` for a role above
    one's own, `Invalid` for a role that has no limits. Announces `MemberLimitChanged`.
    """
    member = _colleague(work, person_id)
    if not can_be_limited(Variant(member.variant)):
        raise Invalid("This role acts without a limit. Choose another role first.")
    own = reach_of(work)
    if own.amount is not None and (amount is None or currency != own.currency or amount > own.amount):
        raise NotAllowed("You cannot give a limit above your own.")
    if amount is not None and not (0 <= amount < Decimal(10) ** 12 and amount == rounded(amount, currency)):
        raise Invalid("A limit is an amount of zero or more, with no fractions of the smallest coin.")
    row = work.session.get(MembershipLimit, (person_id, member.org_id), with_for_update=True)
    before = _as_facts(row.amount if row else None, row.currency if row else None)
    if amount is None:
        if row is not None:
            work.session.delete(row)
    elif row is None:
        work.session.add(
            MembershipLimit(person_id=person_id, org_id=member.org_id, amount=amount, currency=currency,
                            set_by=work.actor.user_id, set_at=work.now)
        )  # fmt: skip
    else:
        row.amount, row.currency, row.set_by, row.set_at = amount, currency, work.actor.user_id, work.now
    after = _as_facts(amount, currency if amount is not None else None)
    work.record(
        MemberLimitChanged(
            subject_id=member.org_id, person_id=person_id, before=before, after=after, reason=_short(reason)
        )
    )


def set_member_scopes(
    work: Work, *, person_id: UUID, kind: ScopeKind, subject_ids: Collection[UUID], reason: str = ""
) -> None:
    """Keep a colleague to some stores, customers, regions or warehouses; an empty list to none in particular.

    Raises `NotFound` for strangers and for stores and warehouses that are not one's own, `NotAllowed` for a role above
    one's own, `Invalid` for a role that is not scoped this way. Announces `MemberScopesChanged`.
    """
    member, kind, wanted = _colleague(work, person_id), ScopeKind(kind), sorted(set(subject_ids))
    if kind not in scope_kinds(Variant(member.variant)):
        raise Invalid(f"People of this role are not kept to {kind}s.")
    if len(wanted) > 1000:
        raise Invalid("At most 1,000 can be assigned to one person.")
    known = work.session.execute(
        text("select known_scopes(:kind, cast(:ids as uuid[]))"), {"kind": kind.value, "ids": wanted}
    ).scalar()
    if known != len(wanted):
        raise NotFound
    held = (
        MembershipScope.person_id == person_id,
        MembershipScope.org_id == member.org_id,
        MembershipScope.kind == kind.value,
    )
    before = sorted(
        str(gone)
        for gone in work.session.scalars(delete(MembershipScope).where(*held).returning(MembershipScope.subject_id))
    )
    work.session.add_all(
        MembershipScope(person_id=person_id, org_id=member.org_id, kind=kind.value, subject_id=subject, set_at=work.now)
        for subject in wanted
    )
    work.record(
        MemberScopesChanged(
            subject_id=member.org_id, person_id=person_id, before={kind.value: before},
            after={kind.value: [str(subject) for subject in wanted]}, reason=_short(reason),
        )
    )  # fmt: skip


def members_reach(work: Work) -> list[MemberReach]:
    """How far the rights of each active colleague reach whose role can be narrowed."""
    work.actor.require(Permission.MANAGE_TEAM)
    rows = work.session.execute(
        text(
            "select m.person_id, m.variant, l.amount, l.currency,"
            " coalesce(array_agg(s.subject_id) filter (where s.kind = 'store'), '{}') as stores,"
            " coalesce(array_agg(s.subject_id) filter (where s.kind = 'customer'), '{}') as customers,"
            " coalesce(array_agg(s.subject_id) filter (where s.kind = 'region'), '{}') as regions,"
            " coalesce(array_agg(s.subject_id) filter (where s.kind = 'warehouse'), '{}') as warehouses"
            " from memberships m left join membership_limits l on l.person_id = m.person_id and l.org_id = m.org_id"
            " left join membership_scopes s on s.person_id = m.person_id and s.org_id = m.org_id"
            " where m.org_id = :org_id and m.state = 'active' and m.variant = any(:variants)"
            " group by m.person_id, m.variant, l.amount, l.currency"
        ),
        {"org_id": work.actor.require_org(), "variants": [variant.value for variant in NARROW]},
    )
    return [MemberReach.model_validate(row._asdict()) for row in rows]


def _colleague(work: Work, person_id: UUID) -> Membership:
    work.actor.require(Permission.MANAGE_TEAM)
    member = work.session.get(Membership, (person_id, work.actor.require_org()), with_for_update=True)
    if member is None or member.state != "active":
        raise NotFound
    if person_id == work.actor.user_id:
        raise NotAllowed("Nobody sets their own limits. Please ask the owner of your organisation.")
    if not may_grant(work.actor, Variant(member.variant)):
        raise NotAllowed("This person's role is above yours.")
    return member


def _as_facts(amount: Decimal | None, currency: str | None) -> dict[str, str | None]:
    return {"amount": None if amount is None else str(amount), "currency": currency}


def forget_reach(work: Work, *, person_id: UUID, org_id: UUID, variant: Variant) -> None:
    """Take away what a new role is not kept to or limited by: row-level security would go on keeping it."""
    kinds = [kind.value for kind in scope_kinds(variant)]
    held = (MembershipScope.person_id == person_id, MembershipScope.org_id == org_id)
    work.session.execute(delete(MembershipScope).where(*held, MembershipScope.kind.not_in(kinds)))
    if not can_be_limited(variant):
        limit = (MembershipLimit.person_id == person_id, MembershipLimit.org_id == org_id)
        work.session.execute(delete(MembershipLimit).where(*limit))


def _short(reason: str) -> str:
    return reason.strip()[:500]


def pass_on_limit(work: Work, *, granter_id: UUID | None, person_id: UUID, org_id: UUID, variant: Variant) -> None:
    """Whoever has a role from somebody who acts up to an amount acts up to no more, or the amount would bind nobody.

    A step of giving roles. Announces `MemberLimitChanged` when it narrows anything.
    """
    own = work.session.get(MembershipLimit, (granter_id, org_id)) if granter_id is not None else None
    if own is None or not can_be_limited(variant):
        return
    row = work.session.get(MembershipLimit, (person_id, org_id), with_for_update=True)
    if row is not None and row.currency == own.currency and row.amount <= own.amount:
        return
    before = _as_facts(row.amount if row else None, row.currency if row else None)
    row = row or MembershipLimit(person_id=person_id, org_id=org_id)
    row.amount, row.currency, row.set_by, row.set_at = own.amount, own.currency, granter_id, work.now
    work.session.add(row)
    work.record(
        MemberLimitChanged(
            subject_id=org_id, person_id=person_id, before=before, after=_as_facts(own.amount, own.currency),
            reason="As far as whoever gave the role",
        )
    )  # fmt: skip
