"""Who may give which role to whom: nobody grants what they lack, and nobody reaches above their own rank."""

from domain.identity.matrix import GRANTS
from domain.identity.permissions import VARIANTS, Permission
from domain.identity.states import OrgKind, Variant
from domain.kernel.actor import Actor

OWNERS: dict[OrgKind, Variant] = {
    OrgKind.MANUFACTURER: Variant.FACTORY_OWNER,
    OrgKind.RETAILER: Variant.BUSINESS_OWNER,
    OrgKind.DISTRIBUTOR: Variant.DISTRIBUTOR_OWNER,
    OrgKind.PLATFORM: Variant.SUPER_ADMIN,
}
_MANAGERS = frozenset({Variant.FACTORY_MANAGER, Variant.STORE_MANAGER, Variant.REGIONAL_MANAGER})


def rank(variant: Variant) -> int:
    """An owner stands above a manager, a manager above everybody else."""
    if variant in OWNERS.values():
        return 2
    return 1 if variant in _MANAGERS else 0


def is_owner(variant: str) -> bool:
    """Whether the role is its organisation's highest, of which there is always somebody."""
    return Variant(variant) in OWNERS.values()


def may_grant(actor: Actor, variant: Variant) -> bool:
    """Whether the actor may make somebody of their own organisation this, or take it from them.

    The role must be one of the organisation's kind, not above the actor's own, and hold nothing that the actor
    lacks. The platform's super admin appoints people to duties that are kept apart from their own (who decides
    about money, who about verification), so there the rank alone counts.
    """
    if actor.is_system:
        return True
    if actor.org_kind is None or actor.variant is None or not actor.may(Permission.MANAGE_TEAM):
        return False
    wanted, own = Variant(variant), Variant(actor.variant)
    if wanted not in VARIANTS[OrgKind(actor.org_kind)] or rank(wanted) > rank(own):
        return False
    return own is Variant.SUPER_ADMIN or GRANTS[wanted] <= actor.permissions
