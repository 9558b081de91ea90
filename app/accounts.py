"""The demo's accounts, for the banner of `wholesale up` and the sign-in page in development."""

from app.demo.companies import DISTRIBUTORS, DOMAIN, SHOPS, STAFF, TEAMS
from app.demo.goods import makers
from app.demo.market import PASSWORD
from domain.identity import OrgKind


def accounts() -> list[tuple[str, str]]:
    """(who, e-mail) of the accounts worth signing in with, every role at least once; all share `PASSWORD`."""
    shown: list[tuple[str, str]] = []
    shop, maker, distributor = SHOPS[0], makers()[0], DISTRIBUTORS[0]
    for kind, name, slug in (
        (OrgKind.RETAILER, shop[0], shop[1]),
        (OrgKind.MANUFACTURER, maker.name, maker.slug),
        (OrgKind.DISTRIBUTOR, distributor[0], distributor[1]),
    ):
        shown += [(f"{_words(variant)} · {name}", f"{mailbox}@{slug}.{DOMAIN}") for mailbox, variant in TEAMS[kind]]
        if kind is OrgKind.MANUFACTURER:
            shown += [(f"Factory owner · {one.name}", f"owner@{one.slug}.{DOMAIN}") for one in makers()[1:3]]
    for mailbox, variant, _ in STAFF:
        second = ", second person" if mailbox.endswith("2") else ""
        shown.append((f"Platform {_words(variant).lower()}{second}", f"{mailbox}@wholesale-os.{DOMAIN}"))
    return shown


def printable() -> str:
    """What `wholesale up` prints; empty when the demo is not in this database."""
    from app.demo.market import is_empty

    if is_empty():
        return ""
    lines = [f"  {email:<38}{who}" for who, email in accounts()]
    return "\n".join([f"Accounts (password: {PASSWORD}):", *lines])


def _words(variant: str) -> str:
    return variant.replace("_", " ").capitalize()
