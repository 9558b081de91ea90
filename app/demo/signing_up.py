"""Shops of the last months that came by themselves, step by step; and some that began and never finished.

The platform's screen of onboarding counts them. What happens here asks the stage for no chance, so that the other
stories stay what they are.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.demo import names
from app.demo.companies import DOMAIN, Trader, mail_of
from app.demo.stage import Stage
from domain import identity
from domain.identity import BusinessDetails, HashedPassword, OrgKind
from domain.kernel.actor import Actor
from domain.kernel.work import Work, run

DAYS = 90
LEFT = (
    "kiosk",
    "feinkost",
    "buchladen",
    "teehaus",
    "atelier",
    "bistro",
    "hofladen",
    "pension",
    "papeterie",
    "markthalle",
)


def put_on_agenda(stage: Stage, traders: Sequence[Trader], password: HashedPassword) -> None:
    """Who registers itself, some hours or days before it moves in; who stops half-way, now and then."""
    for trader in traders:
        is_late = trader.joined_at > stage.today - timedelta(days=DAYS)
        if trader.kind is not OrgKind.RETAILER or trader.more_sites or not is_late:
            continue
        draw = sum(trader.slug.encode())
        begun_at = trader.joined_at - timedelta(minutes=20 + draw % 45 * 40)
        stage.at(begun_at, _beginning(stage, trader, password))
        stage.at(begun_at + timedelta(minutes=3 + draw % 14), _confirming(stage, trader))
    for number, name in enumerate(LEFT):
        moment = stage.today - timedelta(days=4 + number * 8, hours=number)
        if moment > stage.now:
            stage.at(moment, _giving_up(stage, name, number, password))


def _beginning(stage: Stage, trader: Trader, password: HashedPassword) -> Callable[[], None]:
    def begin() -> None:
        place, zone = trader.place, names.countries()[trader.country].zone
        details = BusinessDetails(
            name=trader.name, legal_name=trader.name, registration_number=f"R {sum(trader.slug.encode())}",
            street=place.street, postal_code=place.postal_code, city=place.city, country_code=trader.country,
            time_zone=zone, locale="en", site_name=f"Shop {place.city}",
        )  # fmt: skip
        with stage.present():
            trader.registration_id = run(
                Actor.system(), _begin, name=trader.people[0][1], email=mail_of(trader, trader.people[0][0]),
                password=password, details=details,
            )  # fmt: skip

    return begin


def _begin(work: Work, *, name: str, email: str, password: HashedPassword, details: BusinessDetails | None) -> UUID:
    registration_id = identity.begin_registration(
        work, kind=OrgKind.RETAILER, name=name, email=email, password=password, address=email
    )
    if details is not None:
        identity.save_registration_step(work, registration_id=registration_id, business=details)
        terms = identity.terms_at(work.now)
        identity.save_registration_step(
            work, registration_id=registration_id, terms_version=terms.version if terms else None
        )
    return registration_id


def _confirming(stage: Stage, trader: Trader) -> Callable[[], None]:
    def confirm() -> None:
        assert trader.registration_id is not None
        with stage.present():
            run(Actor.system(), _confirm, registration_id=trader.registration_id)

    return confirm


def _confirm(work: Work, *, registration_id: UUID) -> None:
    link_id: UUID = work.session.execute(
        text("select id from links where purpose = 'registration' and facts ->> 'registration_id' = :id"),
        {"id": str(registration_id)},
    ).scalar_one()
    identity.confirm_registration(work, token=identity.token_of(link_id), registration_id=registration_id)


def _giving_up(stage: Stage, name: str, number: int, password: HashedPassword) -> Callable[[], None]:
    """Somebody who begins and stops: most of them before the letter is opened."""

    def begin() -> None:
        with stage.present():
            registration_id = run(
                Actor.system(), _begin, name=name.capitalize(), email=f"owner@{name}.{DOMAIN}", password=password,
                details=None,
            )  # fmt: skip
            if number % 3 == 0:
                run(Actor.system(), _confirm, registration_id=registration_id)

    return begin
