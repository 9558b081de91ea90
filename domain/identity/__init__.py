"""Identity: organisations, their places and people, and who is signed in.

Owns organisations, sites, people, memberships, sign-in sessions, imported histories and what people look at
and search for. A person acts for one organisation at a time with a role variant; what a variant may do is data
(`permissions.GRANTS`). Announces registrations, joins, sign-ins and refusals. Relies on nothing but the
kernel. Refuses strangers with "not found" and slows guessing of passwords down without ever locking
the rightful owner out.
"""

from domain.identity.activity import erase_activity, record_activity
from domain.identity.commands import (
    EmailTaken,
    add_member,
    add_site,
    change_password,
    end_other_sessions,
    refuse_screen,
    register_organization,
)
from domain.identity.configuration import change_setting, setting_changes, settings_now
from domain.identity.erasing import erase_personal_changes
from domain.identity.granting import is_owner, may_grant
from domain.identity.history import adopt_organizations, open_history, require_own_history
from domain.identity.links import link_of, make_link, token_of, use_link, withdraw_links
from domain.identity.passwords import HashedPassword, hashed
from domain.identity.permissions import GRANTS, VARIANTS, Permission
from domain.identity.queries import (
    holders_of,
    my_organization,
    my_sites,
    my_team,
    organizations,
    person_by_email,
    supplier_card,
    time_zones,
)
from domain.identity.sessions import (
    SESSION_LIFE,
    TooManyTries,
    actor_of,
    redeem_ticket,
    sign_in,
    sign_out,
    whose_session,
)
from domain.identity.states import ActivityKind, LinkPurpose, OrgKind, Origin, SiteKind, Variant
from domain.identity.views import (
    LinkRow,
    MemberRow,
    OrganizationCard,
    OrganizationRow,
    Seen,
    SettingChange,
    SettingRow,
    SignedIn,
    SiteRow,
    SupplierCard,
    Ticket,
)

__all__ = [
    "ActivityKind",
    "EmailTaken",
    "GRANTS",
    "HashedPassword",
    "LinkPurpose",
    "LinkRow",
    "MemberRow",
    "OrgKind",
    "OrganizationCard",
    "OrganizationRow",
    "Origin",
    "Permission",
    "SESSION_LIFE",
    "Seen",
    "SettingChange",
    "SettingRow",
    "SignedIn",
    "SiteKind",
    "SiteRow",
    "SupplierCard",
    "Ticket",
    "TooManyTries",
    "VARIANTS",
    "Variant",
    "actor_of",
    "add_member",
    "add_site",
    "adopt_organizations",
    "change_password",
    "change_setting",
    "end_other_sessions",
    "erase_activity",
    "erase_personal_changes",
    "holders_of",
    "is_owner",
    "may_grant",
    "link_of",
    "make_link",
    "my_organization",
    "my_sites",
    "my_team",
    "open_history",
    "organizations",
    "person_by_email",
    "record_activity",
    "redeem_ticket",
    "refuse_screen",
    "register_organization",
    "require_own_history",
    "setting_changes",
    "settings_now",
    "sign_in",
    "sign_out",
    "supplier_card",
    "time_zones",
    "token_of",
    "use_link",
    "whose_session",
    "withdraw_links",
]
