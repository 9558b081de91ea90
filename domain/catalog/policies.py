"""Warranty and returns: written in versions, of which an order keeps the one that it was placed under."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text, update

from domain.catalog.events import PolicyWritten
from domain.catalog.models import Offer, SalePolicy
from domain.catalog.prices import StaleVersion
from domain.catalog.products import named
from domain.catalog.views import PolicyRow
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work


def write_policy(
    work: Work,
    *,
    request_id: UUID,
    name: str,
    version: int,
    return_days: int,
    restocking_share: Decimal,
    warranty_months: int,
    exclusions: str = "",
) -> UUID:
    """Write a policy, or its next version: `version` is the newest that was read, 0 for a new one. Returns its id.

    Offers that hold the policy hold the new version from now on; orders that were placed keep theirs. Raises
    `StaleVersion`, `Invalid`, which names the field. Announces PolicyWritten.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    seller_id, name = work.actor.require_org(), named(name, "name of the policy", 60)
    _check(return_days, restocking_share, warranty_months, exclusions)
    held = work.session.scalar(
        select(SalePolicy)
        .where(SalePolicy.seller_id == seller_id, SalePolicy.name == name, SalePolicy.valid_to.is_(None))
        .with_for_update()
    )
    if (held.version if held else 0) != version:
        raise StaleVersion("Somebody else has just changed this policy. Please look at it again.")
    before = _said(held) if held else None
    if held is not None:
        held.valid_to = work.now
        work.session.flush()
    made = SalePolicy(
        id=new_id(), seller_id=seller_id, name=name, version=version + 1, return_days=return_days,
        restocking_share=restocking_share, warranty_months=warranty_months, exclusions=exclusions.strip(),
        valid_from=work.now, written_by=work.actor.user_id,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    moved: Sequence[UUID] = []
    if held is not None:
        moved = work.session.scalars(
            update(Offer)
            .where(Offer.policy_id == held.id, Offer.seller_id == seller_id)
            .values(policy_id=made.id, version=Offer.version + 1)
            .returning(Offer.id)
        ).all()
    work.record(PolicyWritten(subject_id=made.id, seller_id=seller_id, name=name, version=made.version,
                              offers=len(moved), before=before, after=_said(made)))  # fmt: skip
    return made.id


def assign_policy(work: Work, *, policy_id: UUID, offer_ids: Sequence[UUID]) -> int:
    """Have some of one's own offers sold under a policy from now on. Returns how many; raises `NotFound`.

    Announces PolicyWritten, without a change of its words.
    """
    work.actor.require(Permission.MANAGE_OFFERS)
    seller_id = work.actor.require_org()
    policy = work.session.scalar(
        select(SalePolicy).where(
            SalePolicy.id == policy_id, SalePolicy.seller_id == seller_id, SalePolicy.valid_to.is_(None)
        )
    )
    if policy is None:
        raise NotFound
    wanted = sorted(set(offer_ids))
    own = work.session.scalars(
        select(Offer).where(Offer.id.in_(wanted), Offer.seller_id == seller_id).order_by(Offer.id).with_for_update()
    ).all()
    if len(own) < len(wanted):
        raise NotFound
    changed = [offer for offer in own if offer.policy_id != policy_id]
    for offer in changed:
        offer.policy_id = policy_id
        offer.version += 1
    work.session.flush()
    if changed:
        work.record(PolicyWritten(subject_id=policy_id, seller_id=seller_id, name=policy.name, version=policy.version,
                                  offers=len(changed), before=None, after=_said(policy)))  # fmt: skip
    return len(changed)


_POLICIES = text("""
    select p.id as policy_id, p.seller_id, p.name, p.version, p.return_days, p.restocking_share, p.warranty_months,
           p.exclusions, p.valid_from, p.valid_to, count(o.id) filter (where o.state <> 'discontinued') as offers
    from sale_policies p left join offers o on o.policy_id = p.id and o.seller_id = p.seller_id
    where p.seller_id = :org_id and (:with_old or p.valid_to is null)
    group by p.id order by p.name, p.version desc
""")


def my_policies(work: Work, *, with_old: bool = False) -> list[PolicyRow]:
    """One's own policies as they hold now, or with every version before."""
    work.actor.require(Permission.SEE_OFFERS)
    facts = {"org_id": work.actor.require_org(), "with_old": with_old}
    return [PolicyRow.model_validate(row._asdict()) for row in work.session.execute(_POLICIES, facts)]


def policies(work: Work, *, policy_ids: Sequence[UUID]) -> dict[UUID, PolicyRow]:
    """Policies by their ids: one's own, those of what is on sale, and those that one's own orders were placed under."""
    if work.actor.org_id is None and not work.actor.is_staff:
        raise NotFound
    of_all = work.actor.is_staff and work.actor.may(Permission.SEE_ALL_ORDERS)
    facts = {"ids": list(policy_ids), "me": work.actor.org_id, "staff": of_all}
    rows = work.session.execute(_SHOWN, facts)
    return {row.policy_id: PolicyRow.model_validate(row._asdict()) for row in rows}


_SHOWN = text("""
    select p.id as policy_id, p.seller_id, p.name, p.version, p.return_days, p.restocking_share, p.warranty_months,
           p.exclusions, p.valid_from, p.valid_to
    from sale_policies p
    where p.id = any (:ids) and (
        :staff or p.seller_id = :me
        or exists (select 1 from offers o where o.policy_id = p.id and o.state = 'published')
        or exists (select 1 from order_lines l where l.policy_id = p.id and l.buyer_id = :me))
""")


def _check(return_days: int, restocking_share: Decimal, warranty_months: int, exclusions: str) -> None:
    if not 0 <= return_days <= 365:
        raise Invalid("Goods can be returned within 0 to 365 days.")
    share = restocking_share
    if not (share.is_finite() and 0 <= share <= 1 and share == round(share, 4)):
        raise Invalid("The share that is kept for restocking is between 0 and 100 percent.")
    if not 0 <= warranty_months <= 240:
        raise Invalid("The warranty lasts between 0 and 240 months.")
    if len(exclusions) > 1000:
        raise Invalid("What is excluded has 1,000 characters at most.")


def _said(policy: SalePolicy) -> dict[str, str]:
    fields = ("return_days", "restocking_share", "warranty_months", "exclusions")
    return {field: str(getattr(policy, field)) for field in fields}
