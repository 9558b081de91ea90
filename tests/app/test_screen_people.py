"""The analysts' list of people without names, as they see it."""

from typing import Any

from app.navigation import BY_URL
from domain.identity import OrgKind, Variant
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.app.test_screens import open_screen
from tests.make.market import company


def test_an_analyst_sees_roles_and_states_and_nobody_is_named(database: Any) -> None:
    shop = company(OrgKind.RETAILER, "Corner Shop", Variant.BUSINESS_OWNER)
    platform = company(OrgKind.PLATFORM, "Platform", Variant.ANALYTICS, Variant.SUPPORT)
    with browser(cookie_of(session_of(platform.emails[Variant.ANALYTICS]))) as at:
        said = texts(open_screen(at.run(), BY_URL["admin-people"]))
        assert not at.exception and "Business owner" in said and "P-" in said
        assert shop.name not in said and shop.emails[Variant.BUSINESS_OWNER] not in said
    with browser(cookie_of(session_of(platform.emails[Variant.SUPPORT]))) as at:
        assert "not for your role" in texts(open_screen(at.run(), BY_URL["admin-people"]))
