"""Every command and every question of every face, called by everybody who has no right to it.

A small market is full of one retailer's and one manufacturer's things. Each callable of each face is then
called with arguments that point at those things by another organisation of the same kind, by every other kind
and role, by the platform's staff without the permission, by colleagues without it, and by nobody. They are
refused, or get an answer that holds nothing of the victims'; and nothing moves. With row-level security on,
and once more with it off: the code alone must hold. A callable without an entry below fails the build.
"""

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pyotp
import pytest
from argon2 import PasswordHasher

import domain
from domain import (
    catalog,
    discovery,
    identity,
    notifications,
    orders,
    payments,
    pricing,
    reactions,
    stock,
    verification,
)
from domain.discovery import Criteria
from domain.identity import OrgKind, Permission, Seen, Variant, passwords
from domain.kernel import database as db
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.configuration import Setting
from domain.kernel.errors import DomainError, NotAllowed, NotFound
from domain.kernel.work import begin, run
from domain.ledger import Draft, Family, Kind, Leg
from domain.logistics import Carrier
from domain.payments import Held, Method
from domain.pricing import Ask, LineUse, Use
from domain.reports import MetricQuery, Stage
from domain.stock import Arrival, Sale
from domain.territories import Mode
from domain.verification import Listed, Registered, UnderWay
from tests.make import market as market_of_tests
from tests.make.files import a_pdf, a_picture
from tests.make.market import PASSWORD, Company, Market, buy, company, make_market, offer, orders_of, sheet, top_up
from tests.make.media import a_film
from tests.make.stocked import stock_things

P = Permission
IBAN = "DE89370400440532013000"
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

World = SimpleNamespace
Facts = Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Entry:
    """How a callable is pointed at the victims.

    `needs` are the permissions of which a colleague of the victims must hold one; with none named, every
    colleague may. `staff` are those that let the platform's people do it. What is `own` works on the caller's
    own things whatever it is told: it may succeed, but must not show or touch what is the victims'.
    """

    facts: Facts = field(default=lambda _: {})
    needs: tuple[Permission, ...] = ()
    staff: tuple[Permission, ...] = ()
    own: bool = False
    writes: bool = True


def command(facts: Facts, *needs: Permission, staff: tuple[Permission, ...] = (), own: bool = False) -> Entry:
    return Entry(facts, needs, staff, own)


def question(facts: Facts, *needs: Permission, staff: tuple[Permission, ...] = (), own: bool = False) -> Entry:
    return Entry(facts, needs, staff, own, writes=False)


def nothing(_: World) -> dict[str, Any]:
    return {}


def again() -> UUID:
    return uuid4()


ALL = (P.SEE_ALL_ORDERS,)
SUSPENDING = (P.MANAGE_MEMBERS, P.SUSPEND_MEMBERS, P.APPROVE_SUSPENSION, P.PROPOSE_SUSPENSION)
FIGURES = (P.SEE_PLATFORM,)
OWN_FIGURES = (P.SEE_PLATFORM, P.SEE_SALES, P.SEE_PURCHASES)
AUDIT_TIME = {"first": datetime(2020, 1, 1, tzinfo=UTC), "end": datetime(2100, 1, 1, tzinfo=UTC)}
PERIOD = {"first": date(2020, 1, 1), "end": date(2030, 1, 1), "currency": "EUR"}
ENTRIES: dict[str, Entry] = {
    # the catalogue
    "catalog.categories": question(nothing, P.SEARCH_PRODUCTS, P.SEE_PLATFORM, own=True),
    "catalog.change_offer": command(lambda w: {"offer_id": w.offer, "version": 2, "minimum_quantity": 7}, P.MANAGE_OFFERS),
    "catalog.change_product": command(lambda w: {"product_id": w.product, "name": "Mine now"}, P.MANAGE_OFFERS),
    "catalog.create_category": command(lambda w: {"name": f"Category {uuid4().hex}"}, P.MODERATE_CATALOG),
    "catalog.change_category": command(
        lambda w: {"category_id": w.category, "version": 1, "name": uuid4().hex, "parent_id": None, "is_reviewed": True,
                   "reason": "Mine now"}, P.MODERATE_CATALOG),
    "catalog.set_template": command(
        lambda w: {"category_id": w.category, "version": 1, "attributes": [{"name": "Any", "kind": "text"}],
                   "reason": "Mine now"}, P.MODERATE_CATALOG),
    "catalog.category_tree": question(nothing, P.SEE_MODERATION, own=True),
    "catalog.template_of": question(lambda w: {"category_id": w.category}, P.SEE_OFFERS, own=True),
    "catalog.changes": question(nothing, P.SEE_MODERATION),
    "catalog.my_changes": question(lambda w: {"product_id": w.glass}, P.SEE_OFFERS, own=True),
    "catalog.decide_change": command(lambda w: {"change_id": w.change, "is_approved": True}, P.MODERATE_CATALOG),
    "catalog.withdraw_change": command(lambda w: {"change_id": w.change}, P.MANAGE_OFFERS),
    "catalog.publish_offers": command(lambda w: {"offer_ids": [w.draft]}, P.MANAGE_OFFERS),
    "catalog.create_variants": command(
        lambda w: {"request_id": again(), "product_id": w.glass, "options": {"Size": ["L"], "Colour": ["Blue"]},
                   "sku": uuid4().hex, "tiers": [(1, Decimal(1))], "currency": "EUR"}, P.MANAGE_OFFERS),
    "catalog.create_grade": command(
        lambda w: {"request_id": again(), "offer_id": w.glass_offer, "grade": "B", "sku": uuid4().hex,
                   "tiers": [(1, Decimal(1))]}, P.MANAGE_OFFERS),
    "catalog.remove_variants": command(
        lambda w: {"product_id": w.glass, "variant_ids": [w.glass_variant]}, P.MANAGE_OFFERS),
    "catalog.change_variants": command(
        lambda w: {"product_id": w.glass, "changes": [
            {"offer_id": w.glass_offer, "version": w.glass_version, "lead_time_days": 8}]},
        P.MANAGE_OFFERS),
    "catalog.my_variants": question(lambda w: {"product_id": w.glass}, P.SEE_OFFERS),
    "catalog.product_sheet": question(lambda w: {"product_id": w.glass}, P.SEE_OFFERS),
    # what is on sale is compared by everybody who looks for products
    "catalog.match_candidates": question(lambda w: {"offer_ids": [w.draft]}, P.SEARCH_PRODUCTS, own=True),
    "catalog.aligned_specifications": question(
        lambda w: {"product_ids": [w.product]}, P.SEARCH_PRODUCTS, P.SEE_OFFERS, own=True),
    "catalog.add_media": command(
        lambda w: {"request_id": again(), "product_id": w.glass, "kind": "picture", "content": a_picture(),
                   "name": "mine.png", "alt": "Mine now"}, P.MANAGE_OFFERS),
    "catalog.describe_media": command(lambda w: {"media_id": w.media, "alt": "Mine now"}, P.MANAGE_OFFERS),
    "catalog.remove_media": command(lambda w: {"media_id": w.media}, P.MANAGE_OFFERS),
    "catalog.arrange_media": command(lambda w: {"product_id": w.glass, "media_ids": [w.media]}, P.MANAGE_OFFERS),
    "catalog.media_of": question(lambda w: {"product_ids": [w.glass]}, own=True),
    "catalog.film_of": question(lambda w: {"file_id": w.film}, staff=FIGURES),
    "catalog.write_policy": command(
        lambda w: {"request_id": again(), "name": "Usual", "version": 0, "return_days": 1,
                   "restocking_share": Decimal(1), "warranty_months": 0}, P.MANAGE_OFFERS, own=True),
    "catalog.assign_policy": command(
        lambda w: {"policy_id": w.policy, "offer_ids": [w.draft]}, P.MANAGE_OFFERS),
    "catalog.my_policies": question(nothing, P.SEE_OFFERS, own=True),
    "catalog.policies": question(lambda w: {"policy_ids": [w.policy]}, own=True, staff=ALL),
    "catalog.set_certificates": command(
        lambda w: {"product_id": w.glass, "submission_ids": []}, P.MANAGE_OFFERS),
    "catalog.my_certificates": question(lambda w: {"product_id": w.glass}, P.SEE_OFFERS, own=True),
    "catalog.product_claims": question(lambda w: {"product_ids": [w.glass]}, own=True),
    "orders.promise_record": question(nothing, P.SEE_OFFERS, own=True),
    "catalog.create_offer": command(
        lambda w: {"request_id": again(), "variant_id": w.variant, "sku": uuid4().hex, "tiers": [(1, Decimal(1))],
                   "currency": "EUR"}, P.MANAGE_OFFERS, own=True),
    "catalog.create_product": command(
        lambda w: {"request_id": again(), "name": "Copy", "category_id": w.category}, P.MANAGE_OFFERS, own=True),
    "catalog.discontinue_offer": command(lambda w: {"offer_id": w.offer}, P.MANAGE_OFFERS),
    "catalog.my_offers": question(nothing, P.SEE_OFFERS, own=True),
    "catalog.offer_sheet": question(lambda w: {"offer_id": w.draft}, P.SEE_OFFERS),
    "catalog.pause_offer": command(lambda w: {"offer_id": w.offer}, P.MANAGE_OFFERS),
    "catalog.publish_offer": command(lambda w: {"offer_id": w.draft}, P.MANAGE_OFFERS),
    "catalog.seller_terms": question(lambda w: {"seller_id": w.maker.org_id}, own=True),
    "catalog.set_lead_time": command(
        lambda w: {"offer_id": w.offer, "version": 2, "lead_time_days": 9}, P.SET_LEAD_TIMES),
    "catalog.set_price_tiers": command(lambda w: {"offer_id": w.offer, "tiers": [(1, Decimal("0.01"))]}, P.MANAGE_PRICES),
    "catalog.set_seller_terms": command(
        lambda w: {"currency": "EUR", "order_minimum": Decimal(1), "shipping_fee": Decimal(0)}, P.MANAGE_PRICES, own=True),
    "catalog.set_prices": command(lambda w: {"ladders": {w.offer: [(1, Decimal("0.01"))]}}, P.MANAGE_PRICES),
    "catalog.change_prices": command(
        lambda w: {"request_id": again(), "offer_ids": [w.offer], "percent": Decimal(-5)}, P.MANAGE_PRICES),
    "catalog.changed_ladders": question(
        lambda w: {"offer_ids": [w.offer], "percent": Decimal(-5)}, P.MANAGE_PRICES),
    "catalog.plan_prices": command(
        lambda w: {"request_id": again(), "offer_id": w.offer, "tiers": [(1, Decimal("0.01"))],
                   "starts_at": datetime.now(UTC) + timedelta(days=40)}, P.MANAGE_PRICES),
    "catalog.withdraw_plan": command(lambda w: {"plan_id": w.price_plan, "version": 1}, P.MANAGE_PRICES),
    "catalog.planned_prices": question(lambda w: {"offer_id": w.offer}, P.SEE_PRICES, own=True),
    "catalog.begin_prices": command(nothing),
    "catalog.set_price_floor": command(
        lambda w: {"offer_id": w.offer, "minimum_price": Decimal("9.99")}, P.SET_PRICE_FLOORS),
    "catalog.require_floor": question(lambda w: {"lowest": {w.offer: Decimal("0.01")}}, own=True),
    # a product is a shared identity: who sells it too looks up its variants
    "catalog.variants_of_product": question(lambda w: {"product_id": w.product}, P.SEARCH_PRODUCTS, own=True),
    "discovery.count_words": command(nothing),
    "discovery.find_by_number": question(lambda w: {"number": "SKU-1"}, P.SEARCH_PRODUCTS, own=True),
    "discovery.product_sheet": question(lambda w: {"product_id": w.product}, P.SEARCH_PRODUCTS, own=True),
    "catalog.mark_audience": command(lambda w: {"offer_ids": [w.offer], "audience": "chosen"}, P.CHOOSE_AUDIENCE),
    "discovery.set_audience": command(lambda w: {"offer_ids": [w.offer], "shown_to": []}, P.CHOOSE_AUDIENCE),
    "discovery.audience_of": question(lambda w: {"offer_id": w.offer}, P.SEE_OFFERS),
    "discovery.audiences_of": question(lambda w: {"offer_ids": [w.offer]}, P.SEE_OFFERS, own=True),
    "discovery.audience_choices": question(nothing, P.SEE_OFFERS, own=True),
    "discovery.why_hidden": question(
        lambda w: {"offer_id": w.offer, "org_id": w.shop.org_id}, P.SEE_OFFERS, staff=(P.SEE_PLATFORM,)),
    "discovery.offers_of_number": question(lambda w: {"number": "SKU-1"}, staff=(P.SEE_PLATFORM,)),
    "discovery.set_stock_display": command(lambda w: {"kind": "all", "display": "hidden"}, P.MANAGE_OFFERS, own=True),
    "discovery.my_stock_displays": question(nothing, P.SEE_OFFERS, own=True),
    "discovery.save_search": command(
        lambda w: {"request_id": again(), "name": uuid4().hex, "criteria": Criteria(find="thing")},
        P.SEARCH_PRODUCTS, own=True),
    "discovery.forget_search": command(lambda w: {"search_id": w.saved_search}, P.SEARCH_PRODUCTS),
    "discovery.look_for_new": command(lambda w: {"search_id": w.saved_search}, P.SEARCH_PRODUCTS),
    "discovery.searches_due": question(nothing),
    "discovery.forget_searches_of": command(lambda w: {"person_id": w.shop.owner.user_id}),
    "discovery.my_searches": question(nothing, P.SEARCH_PRODUCTS, own=True),
    "discovery.recently_viewed": question(nothing, P.SEARCH_PRODUCTS, own=True),
    # what is for sale is for sale to everybody who searches
    "discovery.landed_prices": question(lambda w: {"quantities": {w.offer: 5}}, P.SEARCH_PRODUCTS, own=True),
    "discovery.supplier_facts": question(lambda w: {"org_id": w.maker.org_id}, P.SEARCH_PRODUCTS, own=True),
    "discovery.compare": question(lambda w: {"product_ids": [w.product]}, P.SEARCH_PRODUCTS, own=True),
    # what a seller tells of stock is told to everybody who asks
    "discovery.shown_stock": question(lambda w: {"available": {w.offer: (w.maker.org_id, 5)}}, own=True),
    "discovery.search_products": question(
        lambda w: {"find": "Thing", "seller_id": w.maker.org_id}, P.SEARCH_PRODUCTS, own=True),
    # the past of a company comes in from the command line, or from the company itself
    "catalog.check_upload": command(lambda w: {"path": w.list, "name": "list.csv"}, P.MANAGE_OFFERS, own=True),
    "catalog.start_upload": command(lambda w: {"upload_id": w.upload, "mode": catalog.UploadMode.GOOD}, P.MANAGE_OFFERS),
    "catalog.carry_on_upload": command(lambda w: {"upload_id": w.upload_under_way}, P.MANAGE_OFFERS),
    "catalog.undo_upload": command(lambda w: {"upload_id": w.upload_done}, P.MANAGE_OFFERS),
    "catalog.upload_sheet": question(lambda w: {"upload_id": w.upload}, P.MANAGE_OFFERS),
    "catalog.upload_rows": question(lambda w: {"upload_id": w.upload, "which": "new"}, P.MANAGE_OFFERS, own=True),
    "catalog.drafts_of_upload": question(lambda w: {"upload_id": w.upload_done}, P.MANAGE_OFFERS, own=True),
    "catalog.my_uploads": question(nothing, P.MANAGE_OFFERS, own=True),
    "catalog.fail_upload": command(lambda w: {"upload_id": w.upload_under_way, "problem": "none"}),
    "catalog.uploads_waiting": question(nothing),
    "catalog.import_catalog": command(lambda w: {"path": Path("absent"), "seller": w.maker.name}),
    "catalog.adopt_products": command(lambda w: {"history_id": again()}),
    "identity.adopt_organizations": command(lambda w: {"history_id": again()}),
    "identity.open_history": command(
        lambda w: {"name": uuid4().hex, "time_zone": "UTC", "currency": "EUR", "content_hash": "x", "orders": 1, "lines": 1}),
    "identity.require_own_history": question(lambda w: {"history_id": again()}),
    "ledger.post_memo": command(lambda w: {"history_id": again()}),
    "orders.bring_past": command(
        lambda w: {"path": Path("absent"), "name": uuid4().hex}, P.BRING_PAST, own=True),
    "orders.my_past": question(nothing, P.BRING_PAST, own=True),
    "orders.my_past_by_month": question(nothing, P.BRING_PAST, own=True),
    "orders.import_history": command(lambda w: {"folder": Path("absent"), "name": uuid4().hex}),
    # looking through somebody else's eyes
    "identity.ask_to_view": command(
        lambda w: {"request_id": again(), "org_id": w.shop.org_id, "person_id": w.clerk, "reason": "Curious"},
        P.VIEW_AS_MEMBER),
    "identity.view_as_member": command(lambda w: {"consent_id": w.consent}, P.VIEW_AS_MEMBER),
    "identity.views_of_organization": question(lambda w: {"org_id": w.shop.org_id}, P.VIEW_AS_MEMBER),
    "identity.view_as_colleague": command(lambda w: {"person_id": w.agent}, P.MANAGE_TEAM),
    "identity.open_view": command(lambda w: {"request_id": again(), "hours": 1}, own=True),
    "identity.grant_view": command(lambda w: {"consent_id": w.asked_to_look, "hours": 1}, P.MANAGE_TEAM),
    "identity.end_view_consent": command(lambda w: {"consent_id": w.consent}, P.MANAGE_TEAM),
    "identity.my_views": question(nothing, own=True),
    "identity.seen_as": question(lambda w: {"session_id": w.session}),
    "identity.stop_viewing": command(lambda w: {"session_id": w.session}),
    "identity.end_views": command(nothing),
    "identity.people_without_names": question(nothing, P.SEE_PSEUDONYMS),
    "identity.propose_restoration": command(
        lambda w: {"request_id": again(), "org_id": w.shop.org_id, "reason": "They seem nice"}, P.PROPOSE_SUSPENSION),
    "identity.decide_restoration": command(
        lambda w: {"suspension_id": w.suspension, "is_approved": True, "note": "They seem nice"}, P.SUSPEND_MEMBERS,
        P.APPROVE_SUSPENSION),
    # organisations and people
    "identity.add_member": command(
        lambda w: {"request_id": again(), "org_id": w.shop.org_id, "email": f"{uuid4().hex}@x.example", "name": "Spy",
                   "variant": Variant.BUSINESS_OWNER, "password": PASSWORD}, P.MANAGE_MEMBERS),
    "identity.add_site": command(
        lambda w: {"request_id": again(), "org_id": w.shop.org_id, "kind": "store", "name": uuid4().hex, "street": "s",
                   "postal_code": "1", "city": "c", "country_code": "DE"}, P.MANAGE_ADDRESSES, P.MANAGE_MEMBERS),
    "identity.change_password": command(lambda w: {"current": PASSWORD, "new": f"{PASSWORD} {uuid4()}"}, own=True),
    "identity.erase_activity": command(lambda w: {"person_id": w.shop.owner.user_id}),
    "identity.erase_personal_changes": command(lambda w: {"person_id": w.shop.owner.user_id}),
    "identity.my_organization": question(nothing, own=True),
    "identity.my_sites": question(nothing, own=True),
    "identity.my_team": question(nothing, own=True),
    "identity.organizations": question(nothing, P.MANAGE_MEMBERS),
    "identity.person_by_email": question(lambda w: {"email": w.email}),
    "identity.record_activity": command(
        lambda w: {"seen": [Seen(org_id=w.shop.org_id, person_id=w.shop.owner.user_id, kind="page_view", screen="x")]}),
    "identity.redeem_ticket": command(lambda w: {"ticket": w.ticket, "nonce": "nonce"}),
    "identity.refuse_screen": command(lambda w: {"screen": "admin"}, own=True),
    "identity.register_organization": command(
        lambda w: {"request_id": again(), "kind": "retailer", "name": "New", "country_code": "DE",
                   "time_zone": "Europe/Berlin"}, P.MANAGE_MEMBERS),
    "identity.sign_in": command(
        lambda w: {"email": w.email, "password": PASSWORD, "nonce": "n", "address": "a"}),
    "identity.sign_out": command(lambda w: {"session_id": w.session}),
    "identity.supplier_card": question(lambda w: {"org_id": w.shop.org_id}, staff=(P.MANAGE_MEMBERS,)),
    "identity.time_zones": question(lambda w: {"org_ids": [w.shop.org_id]}, staff=ALL),
    "identity.whose_session": question(lambda w: {"session_id": w.session}),
    # the platform's configuration
    "identity.change_setting": command(
        lambda w: {"request_id": again(), "setting": Setting.INSPECTION_DAYS, "value": Decimal(9), "version": 0,
                   "effective_from": datetime(2100, 1, 1, tzinfo=UTC), "reason": "because"}, P.CONFIGURE),
    "identity.setting_changes": question(nothing, *FIGURES),
    "identity.settings_now": question(nothing, *FIGURES),
    "identity.proposed_settings": question(nothing, *FIGURES),
    "identity.decide_setting": command(lambda w: {"proposal_id": again(), "is_approved": True}, P.APPROVE_SETTINGS),
    "identity.withdraw_setting": command(lambda w: {"proposal_id": again()}, P.CONFIGURE),
    "identity.report_lost_factor": command(lambda w: {"nonce": w.nonce}),
    "identity.lost_factor_of_browser": question(lambda w: {"nonce": w.nonce}),
    "identity.my_lost_factor": question(nothing, own=True),
    "identity.cancel_lost_factor": command(nothing, own=True),
    "identity.stop_lost_factor": command(lambda w: {"token": identity.token_of(w.link)}),
    "identity.tend_lost_factors": command(nothing),
    "identity.lost_factors": question(nothing, P.RESTORE_ACCESS, staff=(P.VOUCH_FOR_PEOPLE,), own=True),
    "identity.decide_lost_factor": command(
        lambda w: {"loss_id": w.loss, "is_approved": True, "reason": "mine"}, P.RESTORE_ACCESS),
    "identity.vouch_for_lost_factor": command(
        lambda w: {"loss_id": w.loss, "is_approved": True, "reason": "mine"}, P.VOUCH_FOR_PEOPLE),
    "identity.note_browser": command(lambda w: {"session_id": w.session, "browser": "mine"}),
    "identity.disown_sign_in": command(lambda w: {"token": identity.token_of(w.link)}),
    "identity.forget_person": command(lambda w: {"person_id": w.shop.owner.user_id, "reason": "mine"}),
    "identity.forget_old_traces": command(nothing),
    "identity.person_with": question(lambda w: {"email": w.email}),
    "privacy.erase_person": command(lambda w: {"person_id": w.shop.owner.user_id, "reason": "mine"}),
    "privacy.forget_old": command(nothing),
    "notifications.forget_messages_to": command(lambda w: {"person_id": w.shop.owner.user_id, "email": w.email}),
    "notifications.forget_old_messages": command(nothing),
    "verification.proofs_of_owner": question(lambda w: {"org_id": w.shop.org_id}, P.VOUCH_FOR_PEOPLE),
    "verification.vouch_for_person": command(
        lambda w: {"loss_id": w.loss, "is_approved": True, "reason": "mine"}, P.VOUCH_FOR_PEOPLE),
    # sign-in: one's own passwords, factors and sessions; what nobody is signed in for yet is the system's
    "identity.admit": command(
        lambda w: {"person_id": w.shop.owner.user_id, "nonce": "n", "method": identity.SignInMethod.PASSWORD}),
    "identity.awaits_code": question(lambda w: {"nonce": w.nonce}),
    "identity.confirm_factor": command(lambda w: {"code": "123456", "address": "a"}, own=True),
    "identity.end_my_sessions": command(lambda w: {"this_too": True}, own=True),
    "identity.end_session": command(lambda w: {"session_id": w.session}, own=True),
    "identity.finish_sign_in": command(lambda w: {"nonce": w.nonce, "code": "123456", "address": "a"}),
    "identity.give_up_sign_in": command(lambda w: {"nonce": w.nonce}),
    "identity.my_factor": question(nothing, own=True),
    "identity.my_sessions": question(nothing, own=True),
    "identity.my_sign_ins": question(lambda w: {"size": 500}, own=True),
    "identity.note_seen": command(lambda w: {"session_id": w.session}),
    "identity.remove_factor": command(lambda w: {"code": "123456", "address": "a"}, own=True),
    "identity.renew_recovery_codes": command(nothing, own=True),
    "identity.require_recent_factor": question(nothing, own=True),
    "identity.show_factor": command(lambda w: {"code": "123456", "address": "a"}, own=True),
    "identity.start_factor": command(lambda w: {"password": PASSWORD}, own=True),
    # roles, limits and scopes
    "identity.members_reach": question(nothing, P.MANAGE_TEAM, own=True),
    "identity.reach_of": question(nothing, own=True),
    "identity.require_reach": question(
        lambda w: {"buyer_id": w.shop.org_id, "seller_id": w.maker.org_id, "site_id": w.shop.site_id}, own=True),
    "identity.set_member_limits": command(
        lambda w: {"person_id": w.agent, "amount": Decimal(100), "currency": "EUR"}, P.MANAGE_TEAM),
    "identity.set_member_scopes": command(
        lambda w: {"person_id": w.clerk, "kind": "store", "subject_ids": [w.shop.site_id]}, P.MANAGE_TEAM),
    # teams, registrations and terms
    "identity.invite_member": command(
        lambda w: {"request_id": again(), "email": f"{uuid4().hex}@x.example", "variant": Variant.STORE_MANAGER},
        P.MANAGE_TEAM, own=True),
    "identity.resend_invitation": command(lambda w: {"invitation_id": w.invitation}, P.MANAGE_TEAM),
    "identity.revoke_invitation": command(lambda w: {"invitation_id": w.invitation}, P.MANAGE_TEAM),
    "identity.my_invitations": question(nothing, P.MANAGE_TEAM, own=True),
    "identity.invitation_card": question(lambda w: {"token": w.invitation_token}),
    "identity.join_organization": command(
        lambda w: {"token": w.invitation_token, "password": PASSWORD, "name": "Spy"}),
    "identity.change_role": command(
        lambda w: {"person_id": w.clerk, "variant": Variant.PURCHASING_AGENT}, P.MANAGE_TEAM),
    "identity.remove_member": command(
        lambda w: {"person_id": w.clerk, "handed_to": w.shop.owner.user_id}, P.MANAGE_TEAM),
    "identity.hand_over": command(
        lambda w: {"org_id": w.shop.org_id, "person_id": w.clerk, "handed_to": w.shop.owner.user_id, "moved": {}}),
    "identity.workplaces": question(lambda w: {"session_id": w.session}),
    "identity.switch_organization": command(lambda w: {"session_id": w.session, "org_id": w.shop.org_id}),
    "identity.accept_terms": command(lambda w: {"version": "2025-07"}, P.MANAGE_ORGANIZATION, own=True),
    "identity.my_terms": question(nothing, own=True),
    "identity.require_terms": question(nothing, own=True),
    "identity.set_delivery_preferences": command(
        lambda w: {"site_id": w.shop.site_id, "dock_hours": "never"}, P.MANAGE_ADDRESSES),
    "identity.begin_registration": command(
        lambda w: {"kind": "retailer", "name": "Spy", "email": w.email, "password": PASSWORD, "address": "a"}),
    "identity.send_registration_link": command(lambda w: {"registration_id": w.registration}),
    "identity.confirm_registration": command(lambda w: {"token": w.registration_token, "password": PASSWORD}),
    "identity.save_registration_step": command(
        lambda w: {"registration_id": w.registration, "terms_version": "2025-07"}),
    "identity.back_to_business": command(lambda w: {"registration_id": w.registration}),
    "identity.finish_registration": command(lambda w: {"registration_id": w.registration}),
    "identity.registration": question(lambda w: {"registration_id": w.registration}),
    "identity.registration_behind": question(lambda w: {"token": w.registration_token}),
    "identity.registration_mail": question(lambda w: {"registration_id": w.registration}),
    "verification.release_cases_of": command(lambda w: {"person_id": w.shop.owner.user_id}),
    "orders.add_many_to_basket": command(lambda w: {"quantities": {w.offer: 2}}, P.FILL_BASKET, own=True),
    "orders.take_out_gone": command(nothing, P.FILL_BASKET, own=True),
    "orders.save_basket_as_list": command(
        lambda w: {"request_id": again(), "name": uuid4().hex, "is_shared": True}, P.FILL_BASKET, own=True),
    "orders.load_list": command(lambda w: {"list_id": w.saved_list}, P.FILL_BASKET),
    "orders.change_list": command(lambda w: {"list_id": w.saved_list, "name": "Mine", "is_shared": False}, P.FILL_BASKET),
    "orders.forget_list": command(lambda w: {"list_id": w.saved_list}, P.FILL_BASKET),
    "orders.set_list_quantity": command(
        lambda w: {"list_id": w.saved_list, "offer_id": w.offer, "quantity": 1}, P.FILL_BASKET),
    "orders.renew_list_prices": command(lambda w: {"list_id": w.saved_list}, P.FILL_BASKET),
    "orders.forget_lists_of": command(lambda w: {"person_id": w.shop.owner.user_id}),
    "orders.my_lists": question(nothing, P.FILL_BASKET, own=True),
    "orders.list_sheet": question(lambda w: {"list_id": w.saved_list}, P.FILL_BASKET),
    "orders.read_quick_order": question(lambda w: {"pasted": "SKU-1;2"}, P.FILL_BASKET, own=True),
    "orders.hand_over_basket": command(
        lambda w: {"org_id": w.shop.org_id, "person_id": w.shop.owner.user_id, "handed_to": w.clerk}),
    "reports.getting_started": question(nothing, own=True),
    "reports.open_work_of": question(lambda w: {"person_id": w.shop.owner.user_id}, P.MANAGE_TEAM),
    "reports.work_handed_over": question(nothing, P.MANAGE_TEAM, own=True),
    "reports.onboarding_funnel": question(lambda w: AUDIT_TIME, *FIGURES),
    # links, addresses, telephones and sign-on at other providers
    "identity.make_link": command(
        lambda w: {"purpose": identity.LinkPurpose.INVITATION, "org_id": w.shop.org_id, "life": timedelta(hours=1)}),
    "identity.link_of": question(lambda w: {"token": identity.token_of(w.link)}),
    "identity.use_link": command(
        lambda w: {"token": identity.token_of(w.link), "purpose": identity.LinkPurpose.INVITATION}),
    "identity.withdraw_links": command(
        lambda w: {"purpose": identity.LinkPurpose.INVITATION, "org_id": w.shop.org_id}, own=True),
    "identity.request_password_reset": command(lambda w: {"email": w.email, "address": "a"}),
    "identity.reset_password": command(lambda w: {"token": identity.token_of(w.link), "new": PASSWORD}),
    "identity.request_email_confirmation": command(lambda w: {"person_id": w.shop.owner.user_id}),
    "identity.confirm_email": command(lambda w: {"token": identity.token_of(w.link)}),
    "identity.request_email_change": command(lambda w: {"new_email": f"{uuid4().hex}@x.example"}, own=True),
    "identity.confirm_email_change": command(lambda w: {"token": identity.token_of(w.link)}),
    "identity.refuse_email_change": command(lambda w: {"token": identity.token_of(w.link)}),
    "identity.cancel_email_change": command(nothing, own=True),
    "identity.request_phone_code": command(lambda w: {"phone": "+49 30 1234567"}, own=True),
    "identity.confirm_phone": command(lambda w: {"code": "000000"}, own=True),
    "identity.my_ways_in": question(nothing, own=True),
    "identity.begin_sign_on": command(lambda w: {"provider": "local", "nonce": "n", "next_path": "/"}),
    "identity.end_sign_on": command(lambda w: {"state": identity.token_of(w.link), "nonce": "n"}),
    "identity.sign_in_by_provider": command(
        lambda w: {"vouched": identity.Vouched(provider="local", subject="1", email=w.email, email_verified=True),
                   "nonce": "n"}),
    "identity.leave_provider": command(lambda w: {"provider": "local"}, own=True),
    "identity.set_company_sign_on": command(
        lambda w: {"request_id": again(), "email_domain": w.email.partition("@")[2], "issuer": "https://id.example",
                   "client_id": "c"}, P.MANAGE_SIGN_ON, own=True),
    "identity.confirm_company_domain": command(lambda w: {"token": identity.token_of(w.link)}),
    "identity.close_company_sign_on": command(nothing, P.MANAGE_SIGN_ON, own=True),
    "identity.end_company_sessions": command(lambda w: {"org_id": w.shop.org_id}),
    "identity.my_company_sign_on": question(nothing, P.MANAGE_SIGN_ON, own=True),
    "identity.company_sign_on_of": question(lambda w: {"email": w.email}),
    "identity.company_access": question(lambda w: {"provider": f"company:{again()}"}),
    # the ledger
    "ledger.held_for": question(
        lambda w: {"family": Family.WALLET, "holder_id": w.shop.org_id, "currency": "EUR"}, staff=(P.SEE_LEDGER,)),
    "ledger.post": command(
        lambda w: {"entries": [Draft(Kind.WALLET_TOPPED_UP, str(again()), "EUR",
                                     [Leg(Family.BANK_ESCROW, Decimal(5)), Leg(Family.WALLET, Decimal(-5), w.shop.org_id)],
                                     org_id=w.shop.org_id)]}, staff=(P.MATCH_PAYMENTS,)),
    "ledger.postings": question(nothing, P.SEE_LEDGER),
    "ledger.postings_of_order": question(lambda w: {"order_id": w.done}, staff=(P.SEE_ORDER_POSTINGS,)),
    "ledger.statement": question(lambda w: {"family": Family.WALLET, "currency": "EUR"}, own=True),
    "ledger.trial_balance": question(nothing, P.SEE_LEDGER),
    # shipments
    "logistics.deliver": command(lambda w: {"shipment_id": w.under_way, "counts": {}, "received_by": ""},
                                 staff=(P.RECORD_DELIVERIES,)),
    "logistics.ship": command(
        lambda w: {"order_id": w.confirmed, "buyer_id": w.shop.org_id, "seller_id": w.maker.org_id, "carrier": Carrier.DHL,
                   "tracking": "T", "lines": {w.confirmed_line: 1}}),
    "logistics.shipments_of_order": question(lambda w: {"order_id": w.done}, staff=ALL),
    # notices
    "notifications.mark_read": command(lambda w: {"notice_ids": w.notices}, own=True),
    "notifications.my_notices": question(nothing, own=True),
    "notifications.my_preferences": question(nothing, own=True),
    "notifications.choose_emails": command(lambda w: {"topic": "orders", "email": "off"}, own=True),
    "notifications.unsubscribe": command(
        lambda w: {"token": notifications.unsubscribe_token(w.shop.owner.user_id, "orders")}),
    "notifications.mail_notices": command(nothing),
    "notifications.write_digests": command(nothing),
    "notifications.send_email": command(
        lambda w: {"to": w.email, "kind": "password_changed", "facts": {}, "cause": uuid4().hex}),
    "notifications.send_text": command(
        lambda w: {"to": "+4915112345678", "kind": "phone_confirmation", "facts": {"code_id": again()}, "cause": "x"}),
    "notifications.claim_emails": command(nothing),
    "notifications.claim_texts": command(nothing),
    "notifications.record_sent": command(lambda w: {"message_id": w.message}),
    "notifications.record_not_sent": command(lambda w: {"message_id": w.message, "problem": "mine"}),
    "notifications.resend": command(lambda w: {"message_id": w.message}, P.MANAGE_MEMBERS),
    "notifications.outgoing_messages": question(nothing, P.MANAGE_MEMBERS),
    # suspension, and the days on which an organisation is closed
    "identity.suspend_organization": command(
        lambda w: {"request_id": again(), "org_id": w.shop.org_id, "reason": "Envy"}, P.SUSPEND_MEMBERS),
    "identity.propose_suspension": command(
        lambda w: {"request_id": again(), "org_id": w.maker.org_id, "reason": "Envy"}, P.PROPOSE_SUSPENSION),
    "identity.decide_suspension": command(
        lambda w: {"suspension_id": w.suspension, "is_approved": True, "note": "Envy"}, P.SUSPEND_MEMBERS,
        P.APPROVE_SUSPENSION),
    "identity.decide_appeal": command(
        lambda w: {"suspension_id": w.suspension, "is_granted": False, "answer": "Envy"}, P.SUSPEND_MEMBERS,
        P.APPROVE_SUSPENSION),
    "identity.restore_organization": command(
        lambda w: {"org_id": w.shop.org_id, "note": "Friends"}, P.SUSPEND_MEMBERS, P.APPROVE_SUSPENSION),
    "identity.appeal_suspension": command(lambda w: {"appeal": "Not fair"}, P.MANAGE_ORGANIZATION, own=True),
    "identity.disable_person": command(
        lambda w: {"person_id": w.shop.owner.user_id, "reason": "Envy"}, P.SUSPEND_MEMBERS),
    "identity.enable_person": command(
        lambda w: {"person_id": w.shop.owner.user_id, "reason": "Friends"}, P.SUSPEND_MEMBERS),
    "identity.lift_ended_suspensions": command(nothing),
    "identity.my_suspension": question(nothing, own=True),
    "identity.suspensions_of": question(lambda w: {"org_id": w.shop.org_id}, *SUSPENDING),
    "identity.open_suspensions": question(nothing, *SUSPENDING),
    "identity.find_organizations": question(lambda w: {"find": w.shop.name}, *SUSPENDING),
    "identity.organization_sheet": question(lambda w: {"org_id": w.shop.org_id}, *SUSPENDING),
    "identity.require_active_organization": question(nothing, own=True),
    "identity.my_holidays": question(nothing, own=True),
    "identity.set_holidays": command(
        lambda w: {"holidays": {date(2026, 12, 24): "Christmas Eve"}}, P.MANAGE_ADDRESSES, P.CONFIGURE, own=True),
    "identity.calendars_of": question(lambda w: {"org_ids": [w.shop.org_id]}, staff=ALL),
    "reports.suspension_preview": question(lambda w: {"org_id": w.shop.org_id}, *SUSPENDING[1:]),
    "notifications.tell": command(
        lambda w: {"org_id": w.shop.org_id, "kind": "new_order", "cause": str(again()), "subject": "order",
                   "subject_id": w.done, "facts": {}}),
    "notifications.tell_all": command(
        lambda w: {"news": [notifications.News(org_id=w.shop.org_id, kind="new_order", cause=str(again()),
                                               subject="order", subject_id=w.done, facts={})]}),
    "notifications.unread": question(nothing, own=True),
    # orders
    "orders.accept_goods": command(lambda w: {"request_id": again(), "order_id": w.delivered}, P.RECEIVE_GOODS),
    "orders.accept_silently": command(lambda w: {"order_id": w.delivered, "shipment_id": w.arrived}),
    "orders.add_to_basket": command(lambda w: {"offer_id": w.offer, "quantity": 1}, P.FILL_BASKET, own=True),
    "orders.all_orders": question(nothing, P.SEE_ALL_ORDERS),
    "orders.cancel_order": command(lambda w: {"order_id": w.paid}, P.CANCEL_ORDERS),
    "orders.cancel_purchase": command(lambda w: {"purchase_id": w.unpaid}, P.CANCEL_ORDERS),
    "orders.withdraw_order": command(lambda w: {"order_id": w.confirmed, "reason": "no"}, P.ANSWER_ORDERS),
    "orders.close_short": command(lambda w: {"order_id": w.confirmed}, P.ANSWER_ORDERS),
    "orders.close_shortage": command(lambda w: {"order_id": w.delivered}),
    "orders.confirm_basket_prices": command(nothing, P.FILL_BASKET, own=True),
    "orders.confirm_order": command(lambda w: {"order_id": w.paid}, P.ANSWER_ORDERS),
    "orders.decline_order": command(lambda w: {"order_id": w.paid, "reason": "no"}, P.ANSWER_ORDERS),
    "orders.decline_unanswered": command(lambda w: {"order_id": w.paid}),
    "orders.expire_purchase": command(lambda w: {"purchase_id": w.unpaid}),
    "orders.leave_feedback": command(lambda w: {"request_id": again(), "order_id": w.done, "stars": 1}, P.WRITE_REVIEWS),
    "orders.match_transfer": command(lambda w: {"bank_line_id": w.bank_line, "purchase_id": w.unpaid}, P.MATCH_PAYMENTS),
    "orders.learned_carriers": question(nothing, P.SEE_PURCHASES, own=True),
    "orders.my_basket": question(nothing, P.FILL_BASKET, own=True),
    "orders.order_sheet": question(lambda w: {"order_id": w.done}, P.SEE_PURCHASES, P.SEE_SALES, staff=ALL),
    "orders.orders_of_buyer": question(nothing, P.SEE_PURCHASES, own=True),
    "orders.orders_of_seller": question(nothing, P.SEE_SALES, own=True),
    "orders.pay_from_wallet": command(lambda w: {"request_id": again(), "purchase_id": w.unpaid}, P.PAY),
    "orders.place_order": command(
        lambda w: {"request_id": again(), "site_id": w.shop.site_id, "basket_id": w.basket, "method": Method.WALLET},
        P.PLACE_ORDERS),
    # purchases that wait for a colleague
    "orders.approval_needed": question(
        lambda w: {"site_id": w.shop.site_id, "total": Decimal(1), "currency": "EUR"}, P.PLACE_ORDERS, own=True),
    "orders.approval_rule": question(nothing, P.SEE_APPROVAL_RULES, own=True),
    "orders.approve_purchase": command(
        lambda w: {"request_id": again(), "purchase_request_id": w.wish, "total": w.wish_total}, P.APPROVE_ORDERS),
    "orders.ask_approval": command(
        lambda w: {"request_id": again(), "site_id": w.shop.site_id, "basket_id": w.basket,
                   "method": Method.BANK_TRANSFER}, P.PLACE_ORDERS),
    "orders.purchase_requests": question(nothing, P.PLACE_ORDERS, P.APPROVE_ORDERS, own=True),
    "orders.reject_purchase": command(lambda w: {"purchase_request_id": w.wish, "reason": "no"}, P.APPROVE_ORDERS),
    "orders.request_sheet": question(
        lambda w: {"purchase_request_id": w.wish}, P.APPROVE_ORDERS, P.PLACE_ORDERS),
    "orders.set_approval_rule": command(
        lambda w: {"amount": Decimal(7), "currency": "EUR", "own_requests": True}, P.SET_APPROVAL_RULES, own=True),
    "orders.tend_requests": command(nothing),
    "orders.withdraw_request": command(lambda w: {"purchase_request_id": w.wish}, P.PLACE_ORDERS),
    "orders.publish_feedback": command(lambda w: {"order_id": w.reviewed}),
    "orders.purchase_sheet": question(lambda w: {"purchase_id": w.unpaid}, P.SEE_PURCHASES),
    "orders.record_receipt": command(
        lambda w: {"request_id": again(), "order_id": w.shipped, "shipment_id": w.under_way}, P.RECEIVE_GOODS,
        staff=(P.RECORD_DELIVERIES,)),
    "orders.remove_from_basket": command(lambda w: {"offer_id": w.offer}, P.FILL_BASKET, own=True),
    "orders.report_production": command(lambda w: {"order_id": w.in_production, "percent": 50}, P.REPORT_PRODUCTION),
    "orders.running_low": question(nothing, P.SEE_STOCK, own=True),
    "orders.sales_by_region": question(nothing, P.SEE_SALES, own=True),
    "orders.sales_by_week": question(nothing, P.SEE_SALES, own=True),
    "orders.set_basket_quantity": command(lambda w: {"offer_id": w.offer, "quantity": 3}, P.FILL_BASKET, own=True),
    "orders.ship_goods": command(
        lambda w: {"request_id": again(), "order_id": w.confirmed, "carrier": Carrier.DHL, "tracking": "T",
                   "shipped": {w.confirmed_line: 1}}, P.SHIP_ORDERS),
    "orders.start_production": command(lambda w: {"order_id": w.confirmed}, P.REPORT_PRODUCTION),
    "orders.work_list": question(nothing, P.SEE_PURCHASES, P.SEE_SALES, own=True),
    # money
    "payments.awaited_transfers": question(nothing, P.MATCH_PAYMENTS),
    "payments.bank_file": question(lambda w: {"batch_id": w.batch}, P.PREPARE_PAYOUTS),
    "payments.bank_lines": question(lambda w: {"only_open": False}, P.MATCH_PAYMENTS),
    "payments.cancel_payouts": command(lambda w: {"batch_id": w.batch}, P.PREPARE_PAYOUTS),
    "payments.capture": command(lambda w: {"payment_id": w.payment, "method": Method.WALLET}, staff=(P.MATCH_PAYMENTS,)),
    "payments.change_bank_account": command(lambda w: {"holder": "Me", "iban": "GB82WEST12345698765432"}, P.CHANGE_BANK_ACCOUNT, own=True),
    "payments.claim_bank_line": command(lambda w: {"bank_line_id": w.bank_line, "org_id": w.shop.org_id}, P.MATCH_PAYMENTS),
    "payments.credit_wallet": command(
        lambda w: {"org_id": w.shop.org_id, "bank_line_id": w.bank_line, "amount": Decimal(5), "currency": "EUR"},
        P.MATCH_PAYMENTS),
    "payments.escrow_account": question(nothing, P.PAY, own=True),
    "payments.expire": command(lambda w: {"purchase_id": w.unpaid}),
    "payments.freeze_commission": command(
        lambda w: {"order_id": w.paid, "buyer_id": w.shop.org_id, "seller_id": w.maker.org_id}),
    "payments.hold": command(lambda w: {"orders": [w.held_unpaid], "method": Method.WALLET}, staff=(P.MATCH_PAYMENTS,)),
    "payments.match_top_up": command(lambda w: {"bank_line_id": w.bank_line, "org_id": w.shop.org_id}, P.MATCH_PAYMENTS),
    "payments.money_of_order": question(lambda w: {"order_id": w.done, "currency": "EUR"}, staff=ALL),
    "payments.my_balance": question(lambda w: {"currency": "EUR"}, P.SEE_PAYOUTS, own=True),
    "payments.my_bank_account": question(nothing, P.SEE_PAYOUTS, own=True),
    "payments.my_earnings": question(nothing, P.SEE_PAYOUTS, own=True),
    "payments.my_wallet": question(lambda w: {"currency": "EUR"}, P.PAY, own=True),
    "payments.open_payment": command(
        lambda w: {"purchase_id": w.unpaid, "buyer_id": w.shop.org_id, "method": Method.WALLET, "orders": [w.held],
                   "due_at": datetime(2030, 1, 1, tzinfo=UTC)}),
    "payments.payment_of_purchase": question(lambda w: {"purchase_id": w.unpaid}, staff=ALL),
    "payments.payout_batches": question(nothing, P.SEE_PAYOUT_RUNS),
    "payments.payouts_due": question(nothing, P.SEE_PAYOUT_RUNS),
    "payments.payouts_of_batch": question(lambda w: {"batch_id": w.batch}, P.SEE_PAYOUT_RUNS),
    "payments.prepare_payouts": command(lambda w: {"request_id": again(), "currency": "EUR"}, P.PREPARE_PAYOUTS),
    "payments.record_bank_line": command(
        lambda w: {"bank_reference": uuid4().hex, "booked_on": date(2026, 1, 5), "payer": "P", "remittance": "-",
                   "amount": Decimal(5), "currency": "EUR"}, P.MATCH_PAYMENTS),
    "payments.refund": command(
        lambda w: {"held": w.held, "amount": Decimal("1.00"), "cause": "wish", "route": Method.WALLET}),
    "payments.release": command(
        lambda w: {"held": w.held, "acceptance_id": w.acceptance, "gross": Decimal("1.00"), "goods": Decimal("1.00")}),
    "payments.send_payouts": command(lambda w: {"batch_id": w.batch}, P.PREPARE_PAYOUTS),
    "payments.stated_iban": question(lambda w: {"org_id": w.shop.org_id}),
    "payments.wallet_owners": question(nothing, P.MATCH_PAYMENTS),
    "payments.wallet_reference": command(nothing, own=True),
    "pricing.resolve": question(lambda w: {"quantities": {w.draft: 1, w.paused: 1}}, staff=ALL),
    "pricing.resolve_many": question(lambda w: {"asks": [Ask(w.shop.org_id, w.offer, 1)]}, staff=ALL),
    "pricing.shown_prices": question(lambda w: {"rows": []}, staff=ALL),  # reads nothing itself
    "pricing.open_group": command(
        lambda w: {"request_id": again(), "name": uuid4().hex, "customer_ids": [w.shop.org_id]}, P.MANAGE_PRICES),
    "pricing.set_group_members": command(lambda w: {"group_id": w.group, "customer_ids": []}, P.MANAGE_PRICES),
    "pricing.close_group": command(lambda w: {"group_id": w.group}, P.MANAGE_PRICES),
    "pricing.make_rule": command(
        lambda w: {"request_id": again(), "step": "promotion", "kind": "percent", "title": "Mine",
                   "percent": Decimal(5), "scope": "offers", "offer_ids": [w.offer]}, P.MANAGE_PRICES),
    "pricing.end_rule": command(lambda w: {"rule_id": w.price_rule}, P.MANAGE_PRICES),
    "pricing.set_product_minimum": command(
        lambda w: {"product_id": w.glass, "minimum_quantity": 3}, P.MANAGE_PRICES),
    "pricing.ask_price": command(
        lambda w: {"request_id": again(), "offer_id": w.offer, "customer_id": w.shop.org_id,
                   "unit_price": Decimal("1.00"), "ends_at": datetime.now(UTC) + timedelta(days=9), "reason": "Loyal"},
        P.ASK_PRICES),
    "pricing.decide_price_request": command(
        lambda w: {"price_request_id": w.price_request, "approve": False, "answer": "No"}, P.PRICE_BELOW_FLOOR),
    "pricing.price_requests": question(nothing, P.ASK_PRICES, own=True),
    "pricing.my_customers": question(nothing, P.SEE_PRICES, own=True),
    "pricing.my_groups": question(nothing, P.SEE_PRICES, own=True),
    "pricing.my_price_lists": question(lambda w: {"offer_id": w.offer}, P.SEE_PRICES, own=True),
    "pricing.my_product_minimums": question(nothing, P.SEE_PRICES, own=True),
    "pricing.my_rules": question(nothing, P.SEE_PRICES, own=True),
    # what is for sale has its list prices; a draft has them for its seller
    "pricing.price_history": question(lambda w: {"offer_id": w.draft}, P.SEE_PRICES),
    "pricing.spend_promotions": command(
        lambda w: {"uses": [LineUse(w.paid, again(), Use(w.price_rule, Decimal("1.00"), 5))]}),
    "pricing.return_promotions": command(lambda w: {"order_ids": [w.paid]}),
    "orders.paid_prices": question(lambda w: {"offer_id": w.offer}, own=True),
    # the audit trail
    "reports.all_audit": question(lambda w: AUDIT_TIME, P.SEE_ALL_AUDIT),
    "reports.audit_chain": question(nothing, P.SEE_ALL_AUDIT),
    "reports.own_audit": question(lambda w: AUDIT_TIME, P.SEE_AUDIT_LOG, own=True),
    # the platform's figures
    "reports.assets_of_run": question(lambda w: {"run_id": again()}, *FIGURES),
    "reports.capacity_of": question(lambda w: {"org_id": w.shop.org_id}, staff=(P.DECIDE_VERIFICATION,)),
    # of sellers everybody may know it; the victims' claim is none of a seller
    "reports.seller_capacity": question(lambda w: {"org_id": w.shop.org_id}, own=True),
    "reports.currencies": question(nothing, *FIGURES),
    # an organisation's own figures; without a right to sales or purchases there are none
    "reports.dimension_values": question(lambda w: {"dimension": "buyer"}, *OWN_FIGURES, own=True),
    "reports.known_metrics": question(nothing, *OWN_FIGURES, own=True),
    "reports.metric_rows": question(
        lambda w: {"name": "gmv_placed", "filters": {"buyer": (str(w.shop.org_id),)}} | PERIOD, *OWN_FIGURES, own=True),
    "reports.metric_values": question(
        lambda w: {"query": MetricQuery(names=("gmv_placed",), by="buyer", **PERIOD)}, *OWN_FIGURES, own=True),
    "reports.retention_cohorts": question(
        lambda w: {"role": "buyer", "first": PERIOD["first"], "end": PERIOD["end"]}, *FIGURES),
    "reports.history_report": question(lambda w: {"name": "past"}, *FIGURES),
    "reports.pipeline_runs": question(nothing, *FIGURES),
    "reports.postings_behind": question(lambda w: PERIOD | {"stage": Stage.PLACED}, *FIGURES),
    "reports.reconcile": question(lambda w: PERIOD, *FIGURES),
    "reports.record_export": command(lambda w: {"what": "orders", "format": "csv", "rows": 1}, own=True),
    "reports.stuck": question(nothing, *FIGURES),
    # how the machinery does, and asking for a build
    "reports.build_to_start": question(nothing),
    "reports.check_invariants": command(nothing, P.SEE_LEDGER),
    "reports.failing_rows": question(lambda w: {"run_id": again(), "name": "incoming_orders"}, P.RUN_PIPELINES),
    "reports.figures_state": question(nothing, *FIGURES),
    "reports.give_up_build": command(lambda w: {"build_request_id": again(), "problem": "none"}),
    "reports.last_invariant_check": question(nothing, *FIGURES),
    "reports.last_jobs": question(nothing, *FIGURES),
    "reports.record_build_sent": command(lambda w: {"build_request_id": again(), "sent_to": "worker"}),
    "reports.record_job": command(lambda w: {"name": "backup"}),
    "reports.request_build": command(lambda w: {"request_id": again(), "reason": "I am curious"}, P.RUN_PIPELINES),
    "reports.request_first_build": command(nothing),
    "reports.system_health": question(nothing, *FIGURES),
    "reports.violations": question(nothing, *FIGURES),
    # what stock and goods tell
    "reports.interest_by_day": question(
        lambda w: {"offer_id": w.offer, "first": AUDIT_TIME["first"], "end": AUDIT_TIME["end"]}, P.SEE_SALES),
    "reports.orders_of_offer": question(
        lambda w: {"offer_id": w.offer, "first": AUDIT_TIME["first"], "end": AUDIT_TIME["end"]}, P.SEE_SALES),
    "reports.product_funnel": question(
        lambda w: {"first": AUDIT_TIME["first"], "end": AUDIT_TIME["end"]}, P.SEE_SALES, own=True),
    "reports.projection": question(lambda w: {"variant_id": w.variant}, P.SEE_STOCK),
    "reports.recommendations": question(nothing, P.SEE_STOCK, own=True),
    "stock.close_production_wish": command(lambda w: {"wish_id": again(), "outcome": "made"}, P.MANAGE_STOCK),
    "stock.daily_demand": question(lambda w: {"variant_ids": [w.variant]}, P.SEE_STOCK, own=True),
    "stock.expiring_lots": question(nothing, P.SEE_STOCK, own=True),
    "stock.inventory_value": question(nothing, P.SEE_STOCK, own=True),
    "stock.open_alerts": question(nothing, P.SEE_STOCK, own=True),
    "stock.production_wishes": question(nothing, P.SEE_STOCK, own=True),
    "stock.set_threshold": command(lambda w: {"variant_id": w.variant, "units": 5}, P.MANAGE_STOCK),
    "stock.stock_lines": question(lambda w: {"location_id": w.maker.location_id}, P.SEE_STOCK),
    "stock.tend_alerts": command(nothing),
    "stock.turnover": question(nothing, P.SEE_COSTS, own=True),
    "stock.value_by_week": question(nothing, P.SEE_COSTS, own=True),
    "stock.value_layers": question(lambda w: {"variant_id": w.variant}, P.SEE_STOCK, own=True),
    "stock.wish_production": command(
        lambda w: {"request_id": again(), "quantities": {w.glass_variant: 5}, "due_on": date(2100, 1, 1)}, P.MANAGE_STOCK),
    # stores
    "orders.put_into_store": command(lambda w: {"request_id": again(), "order_id": w.done}, P.MANAGE_STOCK),
    "orders.read_store_sales": question(
        lambda w: {"location_id": w.maker.location_id, "content": "sku,quantity,day\n1,1,2026-01-01"}, P.SEE_STOCK),
    "orders.sell_from_store": command(
        lambda w: {"request_id": again(), "location_id": w.maker.location_id, "variant_id": w.variant, "quantity": 1,
                   "sold_on": datetime.now(UTC).date()}, P.MANAGE_STOCK),
    "orders.take_store_sales": command(
        lambda w: {"request_id": again(), "location_id": w.maker.location_id,
                   "content": "sku,quantity,day\n1,1,2026-01-01"}, P.MANAGE_STOCK),
    "orders.to_put_away": question(nothing, P.SEE_STOCK, own=True),
    "stock.is_taken_in": question(
        lambda w: {"location_id": w.maker.location_id, "content_hash": "0"}, P.SEE_STOCK, own=True),
    "stock.put_away": command(
        lambda w: {"location_id": w.maker.location_id, "arrivals": [Arrival(w.variant, 5)], "cause_id": again()},
        P.MANAGE_STOCK),
    "stock.store_at": command(lambda w: {"site_id": w.shop.site_id}, P.MANAGE_STOCK),
    "stock.store_places": question(nothing, P.SEE_STOCK, own=True),
    "stock.take_in_sales": command(
        lambda w: {"request_id": again(), "location_id": w.maker.location_id,
                   "sales": [Sale(w.variant, datetime.now(UTC).date(), 1)]}, P.MANAGE_STOCK),
    # stock
    "stock.add_location": command(
        lambda w: {"request_id": again(), "name": uuid4().hex, "site_id": w.maker.site_id}, P.MANAGE_STOCK),
    "stock.count_stock": command(
        lambda w: {"request_id": again(), "variant_id": w.variant, "location_id": w.maker.location_id, "lot_id": w.lot,
                   "counted": 0}, P.MANAGE_STOCK),
    "stock.allocate_stock": command(
        lambda w: {"request_id": again(), "variant_id": w.variant, "holder_id": w.market.distributor.org_id,
                   "quantity": 1, "ends_at": datetime.now(UTC) + timedelta(days=9)}, P.MANAGE_STOCK),
    "stock.approve_count": command(
        lambda w: {"request_id": again(), "count_id": w.finished_count, "reason": "Broken"}, P.MANAGE_STOCK),
    "stock.cancel_count": command(lambda w: {"count_id": w.open_count}, P.MANAGE_STOCK),
    "stock.cancel_transfer": command(lambda w: {"transfer_id": w.drafted}, P.MANAGE_STOCK),
    "stock.count_plan": question(nothing, P.SEE_STOCK, own=True),
    "stock.count_sheet": question(lambda w: {"count_id": w.open_count}, P.SEE_STOCK),
    "stock.customers_to_keep_for": question(nothing, P.MANAGE_STOCK, own=True),
    "stock.destinations": question(nothing, P.SEE_STOCK, own=True),
    "stock.dispose_stock": command(
        lambda w: {"request_id": again(), "variant_id": w.variant, "location_id": w.maker.location_id, "lot_id": w.lot,
                   "quantity": 1, "reason": "Broken"}, P.MANAGE_STOCK),
    "stock.draft_transfer": command(
        lambda w: {"request_id": again(), "from_location_id": w.maker.location_id, "to_location_id": w.second_place,
                   "lines": [stock.Wanted(w.variant, w.maker.location_id, w.lot, 1)]}, P.MANAGE_STOCK),
    "stock.end_allocation": command(lambda w: {"allocation_id": w.allocation}, P.MANAGE_STOCK),
    "stock.end_due": command(nothing),
    "stock.enter_count": command(
        lambda w: {"request_id": again(), "line_id": w.count_line, "counted": 3}, P.MANAGE_STOCK),
    "stock.fair_shares": question(lambda w: {"variant_id": w.variant, "quantity": 9}, P.MANAGE_STOCK, own=True),
    "stock.find_serials": question(lambda w: {"lot_id": w.lot}, P.SEE_STOCK, own=True),
    "stock.finish_count": command(lambda w: {"request_id": again(), "count_id": w.ready_count}, P.MANAGE_STOCK),
    "stock.free_lot": command(lambda w: {"lot_id": w.held_lot, "reason": "Fine again"}, P.MANAGE_STOCK),
    "stock.hold_lot": command(lambda w: {"lot_id": w.lot, "reason": "Smells"}, P.MANAGE_STOCK),
    "stock.hold_stock": command(
        lambda w: {"request_id": again(), "variant_id": w.variant, "quantity": 1, "note": "Me"}, P.MANAGE_STOCK),
    "stock.move_stock": command(
        lambda w: {"request_id": again(), "variant_id": w.variant, "lot_id": w.lot, "quantity": 1,
                   "from_location_id": w.maker.location_id, "to_location_id": w.second_place}, P.MANAGE_STOCK),
    "stock.my_allocations": question(nothing, P.SEE_STOCK, own=True),
    "stock.my_counts": question(nothing, P.SEE_STOCK, own=True),
    "stock.my_discrepancies": question(nothing, P.SEE_STOCK, own=True),
    "stock.my_holds": question(nothing, P.SEE_STOCK, own=True),
    "stock.my_lot": question(lambda w: {"lot_id": w.lot}, P.SEE_STOCK),
    "stock.my_lots": question(nothing, P.SEE_STOCK, own=True),
    "stock.my_transfers": question(nothing, P.SEE_STOCK, own=True),
    "stock.open_count": command(
        lambda w: {"request_id": again(), "name": "Mine", "location_id": w.second_place}, P.MANAGE_STOCK),
    "stock.places": question(nothing, P.SEE_STOCK, own=True),
    "stock.recall_lot": command(lambda w: {"lot_id": w.lot, "reason": "Glass in it"}, P.MANAGE_STOCK),
    "stock.receive_transfer": command(
        lambda w: {"request_id": again(), "transfer_id": w.sent, "arrived": {w.sent_line: stock.Arrived(1, 0)}},
        P.MANAGE_STOCK),
    "stock.record_sales": command(
        lambda w: {"request_id": again(), "location_id": w.maker.location_id, "sold": {w.variant: 1}}, P.MANAGE_STOCK),
    "stock.recount": command(
        lambda w: {"request_id": again(), "count_id": w.finished_count, "line_ids": [w.finished_line]}, P.MANAGE_STOCK),
    "stock.release_hold": command(lambda w: {"hold_id": w.hold}, P.MANAGE_STOCK),
    "stock.resolve_discrepancy": command(
        lambda w: {"request_id": again(), "discrepancy_id": w.discrepancy, "outcome": "found", "reason": "Found"},
        P.MANAGE_STOCK),
    "stock.send_transfer": command(lambda w: {"request_id": again(), "transfer_id": w.drafted}, P.MANAGE_STOCK),
    "stock.set_life_term": command(lambda w: {"least_percent": 50, "buyer_id": w.shop.org_id}, P.MANAGE_STOCK, own=True),
    "stock.stock_by_product": question(lambda w: {"location_id": w.maker.location_id}, P.SEE_STOCK, own=True),
    "stock.stock_drift": question(nothing, P.SEE_STOCK, own=True),
    "stock.stock_story": question(lambda w: {"variant_id": w.variant}, P.SEE_STOCK, own=True),
    "stock.stock_totals": question(lambda w: {"location_id": w.maker.location_id}, P.SEE_STOCK, own=True),
    "stock.transfer_sheet": question(lambda w: {"transfer_id": w.drafted}, P.SEE_STOCK),
    "orders.recall_list": question(lambda w: {"lot_id": w.lot}, P.SEE_SALES, own=True),
    "stock.firm": command(lambda w: {"order_ids": [w.unpaid_order]}, staff=(P.MATCH_PAYMENTS,)),
    "stock.my_locations": question(nothing, P.SEE_STOCK, own=True),
    "stock.my_movements": question(lambda w: {"variant_id": w.variant}, P.SEE_STOCK, own=True),
    "stock.my_stock": question(lambda w: {"location_id": w.maker.location_id}, P.SEE_STOCK, own=True),
    "stock.receive_stock": command(
        lambda w: {"request_id": again(), "variant_id": w.variant, "location_id": w.maker.location_id, "quantity": 5},
        P.MANAGE_STOCK),
    "stock.require_own_warehouses": question(lambda w: {"order_id": w.confirmed, "line_ids": [w.confirmed_line]}, own=True),
    "stock.release": command(lambda w: {"order_id": w.paid}),
    "stock.ship": command(lambda w: {"order_id": w.confirmed, "shipment_id": again(), "lines": {w.confirmed_line: 1}}),
    "stock.take": command(lambda w: {"order_ids": [w.paid], "expires_at": None}),
    # territories; who serves what is published, which places there are is not
    "territories.assign_territory": command(
        lambda w: {"request_id": again(), "region_id": again(), "distributor_id": again(), "mode": Mode.RESALE,
                   "is_exclusive": False, "valid_from": date(2100, 1, 1), "reason": "because"}, P.ASSIGN_TERRITORIES),
    "territories.assignments": question(nothing, P.SEE_TERRITORIES),
    "territories.create_region": command(
        lambda w: {"request_id": again(), "name": uuid4().hex, "areas": [("AQ", "", "")]}, P.ASSIGN_TERRITORIES),
    "territories.end_assignment": command(
        lambda w: {"assignment_id": again(), "valid_to": date(2100, 1, 1), "reason": "because"}, P.ASSIGN_TERRITORIES),
    "territories.my_territories": question(nothing, P.SEE_TERRITORIES, own=True),
    "territories.places": question(lambda w: {"org_id": w.shop.org_id}, staff=(P.SEE_TERRITORIES,)),
    "territories.region_of": question(lambda w: {"country": "DE", "postal_code": "10115"}, own=True),
    "territories.regions": question(nothing, P.SEE_TERRITORIES),
    "territories.set_region_areas": command(
        lambda w: {"request_id": again(), "region_id": again(), "areas": [], "valid_from": date(2100, 1, 1),
                   "reason": "because"}, P.ASSIGN_TERRITORIES),
    "territories.who_serves": question(lambda w: {"site_id": w.shop.site_id}, staff=(P.SEE_TERRITORIES,)),
    # feedback; published reviews are for everybody signed in, but not who wrote them and about which order
    "trust.publish": command(lambda w: {"order_id": w.reviewed, "even_one": True}),
    "trust.reviews_of": question(lambda w: {"subject_id": w.maker.org_id}, own=True, staff=ALL),
    "trust.write": command(
        lambda w: {"order_id": w.paid, "buyer_id": w.shop.org_id, "seller_id": w.maker.org_id, "stars": 1, "comment": ""},
        P.WRITE_REVIEWS),
    # business verification: one's own, the reviewers' and the jobs'
    "verification.answer_request": command(
        lambda w: {"submission_id": w.proof, "answer": "Here it is"}, P.SUBMIT_VERIFICATION),
    "verification.appeal": command(
        lambda w: {"submission_id": w.proof, "reason": "Please look at it once more"}, P.SUBMIT_VERIFICATION),
    "verification.ask_for_new_deposits": command(lambda w: {"submission_id": w.proof}, P.CHANGE_BANK_ACCOUNT),
    "verification.automatic_check_figures": question(nothing, P.DECIDE_VERIFICATION),
    "verification.photo_sheets": question(lambda w: {"file_ids": [w.file]}, P.DECIDE_VERIFICATION),
    "verification.approve_waiver": command(lambda w: {"waiver_id": w.waiver}, P.DECIDE_VERIFICATION),
    "verification.badge_of": question(lambda w: {"org_id": w.shop.org_id}),
    "verification.bank_account_changed": command(
        lambda w: {"holder": "Me", "iban": IBAN, "is_first": False}, P.CHANGE_BANK_ACCOUNT, own=True),
    "verification.case_queue": question(nothing, P.DECIDE_VERIFICATION, P.SEE_VERIFICATION_STATUS),
    "verification.case_sheet": question(lambda w: {"case_id": w.case}, P.DECIDE_VERIFICATION),
    "verification.change_requirement": command(
        lambda w: {"requirement": "owners", "kinds": ["manufacturer", "retailer", "distributor"], "level": 3,
                   "from_when": datetime(2030, 1, 1, tzinfo=UTC), "version": 1, "reason": "Because I like to"},
        P.SET_REQUIREMENTS),
    "verification.end_regulation": command(
        lambda w: {"category_id": w.regulated, "requirement": "ce_conformity", "reason": "Because"}, P.SET_REQUIREMENTS),
    "verification.end_requirement": command(
        lambda w: {"rule_id": w.rule, "from_when": datetime(2030, 1, 1, tzinfo=UTC), "version": 1,
                   "reason": "Because I like to"}, P.SET_REQUIREMENTS),
    "verification.preview_requirement": question(
        lambda w: {"requirement": "owners", "kinds": ["manufacturer", "retailer", "distributor"], "level": 3,
                   "from_when": datetime(2030, 1, 1, tzinfo=UTC)}, P.SET_REQUIREMENTS),
    "verification.requirement_rules": question(nothing, *FIGURES),
    "verification.regulations": question(nothing, *FIGURES),
    "verification.check_submission": command(lambda w: {"submission_id": w.proof}),
    "verification.claim_case": command(lambda w: {"case_id": w.case}, P.DECIDE_VERIFICATION),
    "verification.confirm_deposits": command(
        lambda w: {"submission_id": w.proof, "first": Decimal("0.11"), "second": Decimal("0.12")}, P.CHANGE_BANK_ACCOUNT),
    "verification.decide_case": command(
        lambda w: {"case_id": w.case, "decision": "reject", "reasons": ["other"]}, P.DECIDE_VERIFICATION),
    "verification.deposits_to_send": question(nothing, P.PREPARE_PAYOUTS),
    "verification.end_waiver": command(lambda w: {"waiver_id": w.waiver}, P.DECIDE_VERIFICATION),
    "verification.give_up_reading": command(
        lambda w: {"submission_id": w.proof, "file_id": w.paper, "problem": "none"}),
    "verification.level_of": question(
        lambda w: {"org_id": w.shop.org_id}, staff=(P.DECIDE_VERIFICATION, P.SEE_VERIFICATION_STATUS)),
    "verification.levels_of_sellers": question(lambda w: {"org_ids": [w.shop.org_id]}),
    "verification.load_registry": command(lambda w: {"companies": [Registered("DE", "1", "Me")]}),
    "verification.load_sanctions": command(lambda w: {"list": "mine", "entries": [Listed("1", w.shop.name)]}),
    "verification.my_proof_file": question(
        lambda w: {"file_id": w.paper}, P.SUBMIT_VERIFICATION, staff=(P.DECIDE_VERIFICATION,)),
    "verification.my_verification": question(nothing, P.SEE_VERIFICATION, own=True),
    "verification.propose_waiver": command(
        lambda w: {"request_id": again(), "org_id": w.shop.org_id, "requirement": "owners", "reason": "They are nice people",
                   "waived_until": datetime.now(UTC) + timedelta(days=30)}, P.DECIDE_VERIFICATION),
    "verification.purchase_cap": question(lambda w: {"level": 2}, own=True),
    "verification.queue_figures": question(nothing, P.DECIDE_VERIFICATION, P.SEE_VERIFICATION_STATUS),
    "verification.readings_waiting": question(nothing),
    "verification.record_deposits_sent": command(lambda w: {"submission_ids": [w.proof]}, P.PREPARE_PAYOUTS),
    "verification.record_reading": command(
        lambda w: {"submission_id": w.proof, "file_id": w.paper, "outcome": "pass"}),
    "verification.regulate_category": command(
        lambda w: {"category_id": w.category, "requirement": "ce_conformity", "reason": "Because"}, P.SET_REQUIREMENTS),
    "verification.release_case": command(lambda w: {"case_id": w.case}, P.DECIDE_VERIFICATION),
    "verification.require_capability": question(lambda w: {"capability": "buy"}, own=True),
    "verification.sellers_not_certified": question(lambda w: {"sold": [], "levels": {}}),
    "verification.require_category": question(lambda w: {"category_id": None}, own=True),
    "verification.require_confirmed_person": question(nothing, own=True),
    "verification.reviewer_figures": question(nothing, P.DECIDE_VERIFICATION),
    "verification.screen": command(lambda w: {"org_ids": [w.shop.org_id]}),
    "verification.standing_of": question(
        lambda w: {"org_id": w.shop.org_id}, staff=(P.DECIDE_VERIFICATION, P.SEE_VERIFICATION_STATUS)),
    "verification.submit_proof": command(
        lambda w: {"request_id": again(), "requirement": "business_name", "number": "HRB 1"}, P.SUBMIT_VERIFICATION,
        own=True),
    "verification.submit_bank_statement": command(
        lambda w: {"request_id": again(), "submission_id": w.proof, "file_ids": []}, P.SUBMIT_VERIFICATION),
    "verification.tick": command(nothing),
    "verification.valid_certificates": question(lambda w: {"org_ids": [w.shop.org_id]}),
    "verification.vouch": command(lambda w: {"org_ids": [w.shop.org_id], "reason": "Nice people"}),
    "verification.waivers": question(nothing, P.DECIDE_VERIFICATION),
}  # fmt: skip


def faces() -> dict[str, Callable[..., Any]]:
    """Everything that a face offers and that acts or asks: its first parameter is `work`."""
    found = {}
    for module in pkgutil.iter_modules(domain.__path__):
        face = importlib.import_module(f"domain.{module.name}")
        for name in getattr(face, "__all__", ()):
            thing = getattr(face, name)
            if inspect.isfunction(thing) and next(iter(inspect.signature(thing).parameters), "") == "work":
                found[f"{module.name}.{name}"] = thing
    return found


def test_every_callable_of_every_face_has_an_entry() -> None:
    assert sorted(faces()) == sorted(ENTRIES)


# --- the victims' world ------------------------------------------------------------------------


def fill_uploads(world: World, maker: Company) -> None:
    """A file that has come in, one that is coming in, and one that was checked."""
    with NamedTemporaryFile("w", suffix=".csv", delete=False) as file:
        file.write("sku,name,price\nUP-{0},Lamp,9.50\nUP-{0}-B,Lamp,9.50\n".format(uuid4().hex[:8]))
    world.list = Path(file.name)
    world.upload_done = run(maker.owner, catalog.check_upload, path=world.list, name="done.csv")
    run(maker.owner, catalog.start_upload, upload_id=world.upload_done, mode=catalog.UploadMode.ALL)
    run(maker.owner, catalog.carry_on_upload, upload_id=world.upload_done)
    world.list.write_text(f"sku,name,price\nUP-{uuid4().hex[:8]},Lamp,9.50\n")
    world.upload_under_way = run(maker.owner, catalog.check_upload, path=world.list, name="under-way.csv")
    run(maker.owner, catalog.start_upload, upload_id=world.upload_under_way, mode=catalog.UploadMode.ALL)
    world.upload = run(maker.owner, catalog.check_upload, path=world.list, name="checked.csv")


def make_world() -> World:
    """A retailer and a manufacturer with something in every state and every table of the trade."""
    market = make_market(makers=1)
    world = fill_world(market, market.retailer, market.makers[0])
    world.suspension = run(
        market.platform.people[Variant.COMPLIANCE], identity.propose_suspension, request_id=uuid4(),
        org_id=world.shop.org_id, reason="A complaint",
    )  # fmt: skip
    world.asked_to_look = run(
        market.platform.people[Variant.SUPPORT], identity.ask_to_view, request_id=uuid4(), org_id=world.shop.org_id,
        person_id=world.shop.owner.user_id, reason="The basket looks wrong",
    )  # fmt: skip
    world.consent = run(world.shop.owner, identity.open_view, request_id=uuid4(), hours=2)
    run(Actor.system(), notifications.send_email, to=world.email, kind="password_changed", facts={}, cause="strangers",
        org_id=world.shop.org_id, person_id=world.shop.owner.user_id)  # fmt: skip
    world.invitation = run(
        world.shop.owner, identity.invite_member, request_id=uuid4(), email="asked@corner.example",
        variant=Variant.STORE_MANAGER,
    )  # fmt: skip
    world.registration = run(
        Actor.system(), identity.begin_registration, kind=OrgKind.RETAILER, name="Mara", email="mara@sonne.example",
        password=PASSWORD, address="home",
    )  # fmt: skip
    by_purpose = {purpose: UUID(row) for purpose, row in (
        text.split() for text in column("select purpose || ' ' || id from links where used_at is null"))}  # fmt: skip
    world.invitation_token = identity.token_of(by_purpose["invitation"])
    world.registration_token = identity.token_of(by_purpose["registration"])
    [world.message] = [UUID(row) for row in column("select id::text from outgoing_emails where cause = 'strangers'")]
    return world


def hand_in_a_proof(who: Company) -> None:
    """A registration document that waits for a reviewer; the second time there is one already."""
    paper = run(who.owner, files.store, content=a_pdf(f"Extract of {who.name}"), name="extract.pdf",
                needs=[P.SUBMIT_VERIFICATION, P.DECIDE_VERIFICATION])  # fmt: skip
    try:
        made = run(who.owner, verification.submit_proof, request_id=uuid4(), requirement="registration_document",
                   number=f"HRB {who.name}", file_ids=[paper])  # fmt: skip
    except UnderWay:
        return
    run(Actor.system(), verification.record_reading, submission_id=made, file_id=paper, outcome="review")


def wish(asker: Actor, shop: Company, offer_id: UUID) -> tuple[UUID, Decimal]:
    """A purchase that waits for a colleague's approval, and what it costs."""
    run(asker, orders.add_to_basket, offer_id=offer_id, quantity=7)
    with begin(asker) as work:
        total = orders.my_basket(work).total
    asked = run(asker, orders.ask_approval, request_id=uuid4(), site_id=shop.site_id, method=Method.BANK_TRANSFER)
    return asked, total


def price_things(world: World, shop: Company, maker: Company) -> None:
    """A customer group, a rule, a planned list and a wish for a lower price, none of which changes a price of today."""
    asker = maker.people.get(Variant.SALES_REPRESENTATIVE, maker.owner)
    later = datetime.now(UTC) + timedelta(days=30)
    world.group = run(maker.owner, pricing.open_group, request_id=uuid4(), name=f"Old friends {uuid4().hex[:6]}",
                      customer_ids=[shop.org_id])  # fmt: skip
    world.price_rule = run(maker.owner, pricing.make_rule, request_id=uuid4(), step="customer", kind="percent",
                           title="For friends", group_id=world.group, percent=Decimal(1), starts_at=later)  # fmt: skip
    world.price_plan = run(maker.owner, catalog.plan_prices, request_id=uuid4(), offer_id=world.offer,
                           tiers=[(1, Decimal("11.00"))], starts_at=later)  # fmt: skip
    world.price_request = run(
        asker, pricing.ask_price, request_id=uuid4(), offer_id=world.offer, customer_id=shop.org_id,
        unit_price=Decimal("7.77"), ends_at=later, reason="They buy much",
    )  # fmt: skip


def describe_things(world: World, maker: Company, operations: Actor) -> None:
    """A product in sizes and colours with a picture, a policy and a change that waits."""
    who, name = maker.owner, f"Looked at {uuid4().hex[:6]}"  # each seller's things stand in a category of their own
    shelf = run(operations, catalog.create_category, name=name)
    world.glass = run(who, catalog.create_product, request_id=uuid4(), name="Glass of many colours",
                      option_names=["Size", "Colour"], variants=[], category_id=shelf)  # fmt: skip
    made = run(
        who, catalog.create_variants, request_id=uuid4(), product_id=world.glass, sku="GLASS", currency="EUR",
        options={"Size": ["S", "M"], "Colour": ["Red"]}, tiers=[(1, Decimal("7.77"))],
    )  # fmt: skip
    world.glass_offer = made[0]
    run(who, catalog.publish_offer, offer_id=made[1])
    with begin(who) as work:
        rows = catalog.my_variants(work, product_id=world.glass)
    world.glass_variant = rows[0].variant_id
    [world.glass_version] = [row.version for row in rows if row.offer_id == world.glass_offer]
    world.media = run(who, catalog.add_media, request_id=uuid4(), product_id=world.glass, kind="picture",
                      content=a_picture(), name="glass.png", alt="A glass")  # fmt: skip
    planned = run(who, catalog.create_product, request_id=uuid4(), name="Glass of next year")
    run(who, catalog.add_media, request_id=uuid4(), product_id=planned, kind="video", content=a_film(),
        name="glass.mp4", alt="A glass turns")  # fmt: skip
    with begin(who) as work:
        world.film = catalog.media_of(work, product_ids=[planned])[planned][0].file_id
    world.policy = run(
        who, catalog.write_policy, request_id=uuid4(), name="Usual", version=0, return_days=14,
        restocking_share=Decimal("0.1"), warranty_months=24,
    )  # fmt: skip
    run(operations, catalog.change_category, category_id=shelf, version=1, name=name, parent_id=None,
        is_reviewed=True, reason="By law")  # fmt: skip
    world.change = run(who, catalog.change_product, product_id=world.glass, name="Glass of other colours")


def fill_world(market: Market, shop: Company, maker: Company) -> World:
    """The trade of a buyer with a seller: what the entries point at."""
    finance = market.finance
    world = World(market=market, shop=shop, maker=maker, offer=maker.offers[0], variant=maker.variants[0])
    world.email = next(iter(shop.emails.values()))
    world.clerk = shop.people[Variant.STORE_MANAGER].user_id
    world.agent = shop.people[Variant.PURCHASING_AGENT].user_id
    with begin(maker.owner) as work:
        world.product = catalog.offer_sheet(work, offer_id=world.offer).product_id
    fill_uploads(world, maker)
    operations = market.platform.people[Variant.OPERATIONS]
    world.category = run(operations, catalog.create_category, name="Things")
    world.regulated = run(operations, catalog.create_category, name="Regulated things")
    run(operations, verification.regulate_category, category_id=world.regulated, requirement="ce_conformity",
        reason="By law")  # fmt: skip
    with begin(operations) as work:
        world.rule = next(row.rule_id for row in verification.requirement_rules(work) if row.requirement == "owners")
    run(maker.owner, catalog.set_seller_terms, currency="EUR", order_minimum=Decimal(1), shipping_fee=Decimal("2.50"))
    world.draft = run(maker.owner, catalog.create_offer, request_id=uuid4(), variant_id=world.variant, sku="DRAFT",
                      tiers=[(1, Decimal("3.21"))], currency="EUR")  # fmt: skip
    world.paused = offer(maker, "Paused thing")
    run(maker.owner, catalog.pause_offer, offer_id=world.paused)
    world.file = run(maker.owner, files.store, content=a_pdf("Price list"), name="prices.pdf")
    for who in (maker, shop):
        run(who.owner, payments.change_bank_account, holder=who.name, iban=IBAN)
    run(shop.owner, payments.wallet_reference)
    for who in (maker, shop):
        hand_in_a_proof(who)
    world.proof, world.paper, world.case = (UUID(found) for found in column(
        "select unnest(array[s.id::text, f.file_id::text, c.id::text]) from verification_submissions s"
        " join verification_files f on f.submission_id = s.id join verification_cases c on c.submission_id = s.id"
        f" where s.org_id = '{shop.org_id}'"))  # fmt: skip
    compliance = market.platform.people[Variant.COMPLIANCE]
    colleague = replace(compliance, user_id=market.platform.people[Variant.SUPER_ADMIN].user_id)
    world.waiver = run(colleague, verification.propose_waiver, request_id=uuid4(), org_id=shop.org_id, requirement="owners",
                       reason="They are known to us", waived_until=datetime.now(UTC) + timedelta(days=90))  # fmt: skip

    def order(quantity: int = 5, *, confirmed: bool = True) -> UUID:
        made = orders_of(shop, buy(shop, {world.offer: quantity}))[maker.org_id]
        if confirmed:
            run(maker.owner, orders.confirm_order, order_id=made)
        return made

    def ship(made: UUID) -> UUID:
        lines = {line.line_id: line.confirmed for line in sheet(maker.owner, made).lines}
        return run(maker.owner, orders.ship_goods, request_id=uuid4(), order_id=made, carrier=Carrier.DHL, tracking="T1",
                   shipped=lines)  # fmt: skip

    def receive(made: UUID) -> UUID:
        shipment = ship(made)
        run(shop.owner, orders.record_receipt, request_id=uuid4(), order_id=made, shipment_id=shipment)
        return shipment

    def complete() -> UUID:
        made = order()
        receive(made)
        world.acceptance = run(shop.owner, orders.accept_goods, request_id=uuid4(), order_id=made)
        return made

    world.done, world.reviewed = complete(), complete()
    for who in (shop, maker):
        run(who.owner, orders.leave_feedback, request_id=uuid4(), order_id=world.done, stars=4, comment="Good trade")
    run(shop.owner, orders.leave_feedback, request_id=uuid4(), order_id=world.reviewed, stars=2, comment="Still hidden")
    world.batch = run(finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
    world.paid, world.confirmed, world.in_production = order(confirmed=False), order(), order()
    run(maker.owner, orders.start_production, order_id=world.in_production)
    world.shipped, world.delivered = order(), order()
    world.under_way, world.arrived = ship(world.shipped), receive(world.delivered)
    world.confirmed_line = sheet(maker.owner, world.confirmed).lines[0].line_id
    world.unpaid = buy(shop, {world.offer: 4}, method=Method.BANK_TRANSFER)
    world.unpaid_order = orders_of(shop, world.unpaid)[maker.org_id]
    with begin(shop.owner) as work:
        world.payment = payments.payment_of_purchase(work, purchase_id=world.unpaid).payment_id
    paid = sheet(shop.owner, world.paid)
    world.held = Held(world.paid, shop.org_id, maker.org_id, "EUR", paid.total, paid.goods)
    world.held_unpaid = replace(world.held, order_id=world.unpaid_order)
    world.bank_line = run(finance, payments.record_bank_line, bank_reference="OPEN", booked_on=date(2026, 1, 5),
                          payer=shop.name, remittance="-", amount=Decimal("9.00"), currency="EUR")  # fmt: skip
    top_up(shop, "1.00", finance)
    world.wish, world.wish_total = wish(shop.people[Variant.PURCHASING_AGENT], shop, world.offer)
    run(shop.owner, orders.add_to_basket, offer_id=world.offer, quantity=6)
    with begin(shop.owner) as work:
        world.basket = orders.my_basket(work).basket_id
    world.saved_search = run(shop.owner, discovery.save_search, request_id=uuid4(), name="Things",
                             criteria=Criteria(find="thing"), tells=True)  # fmt: skip
    world.saved_list = run(shop.owner, orders.save_basket_as_list, request_id=uuid4(), name="Again", is_shared=True)
    world.link = run(shop.owner, identity.make_link, purpose=identity.LinkPurpose.INVITATION, org_id=shop.org_id,
                     life=timedelta(hours=1))  # fmt: skip
    ticket = run(Actor.system(), identity.sign_in, email=world.email, password=PASSWORD, nonce="nonce", address="home")
    world.ticket, world.session = ticket.ticket, ticket.session_id
    # a colleague has a second factor, and a sign-in that waits for its code
    manager, email, world.nonce = shop.people[Variant.STORE_MANAGER], shop.emails[Variant.STORE_MANAGER], "another nonce"
    secret = run(manager, identity.start_factor, password=PASSWORD).secret
    with begin(manager) as work:
        code = pyotp.TOTP(secret).at(work.now)
    run(manager, identity.confirm_factor, code=code, address="home")
    run(Actor.system(), identity.sign_in, email=email, password=PASSWORD, nonce=world.nonce, address="home")
    world.loss = run(Actor.system(), identity.report_lost_factor, nonce=world.nonce)
    reactions.deliver_new()
    world.notices = [UUID(row) for row in column("select id::text from notices")]
    [world.lot] = [UUID(row) for row in column(f"select id::text from lots where variant_id = '{world.variant}'")]
    stock_things(world, shop, maker)
    price_things(world, shop, maker)
    describe_things(world, maker, operations)
    return world


def column(statement: str) -> list[str]:
    with db.connect(db.Role.OWNER) as connection:
        connection.execute("set search_path = market, public")
        return [row[0] for row in connection.execute(statement.encode())]


def tables() -> list[str]:
    return column(
        "select relname from pg_class where relnamespace = 'market'::regnamespace and relkind in ('r', 'p') order by 1"
    )


def take_fences_down() -> None:
    with db.connect(db.Role.OWNER) as connection:
        for name in tables():
            connection.execute(f"alter table market.{name} disable row level security".encode())


class Watch:
    """What is the victims', and whether any of it moved or came out."""

    def __init__(self, market: Any) -> None:
        self._every_row = " union all ".join(f"select '{name} ' || t::text from {name} t" for name in tables())
        self._session: Any = None
        public = column(
            "select concat(o.id, o.seller_id, o.variant_id, v.product_id) from offers o"
            " join product_variants v on v.id = o.variant_id where o.state = 'published'"
            " union all select id::text from organizations where kind in ('manufacturer', 'distributor')"
            " union all select id::text from categories union all select id::text from commission_rules"
            " union all select id::text from reviews where published_at is not null"
            " union all select concat(m.id, m.file_id, m.card_file_id, m.thumb_file_id) from product_media m"
        )
        # What is packed without a gap is taken apart in steps of one id's length.
        shown = {text[i : i + 36] for text in public for i in range(0, len(text), 36)}
        self.private = {found for row in self.rows() for found in UUIDS.findall(row)} - shown
        self._platform = {str(market.platform.org_id), str(market.platform.site_id)}
        self._platform |= {str(actor.user_id) for actor in market.platform.people.values()}
        self._words = [market.retailer.name, IBAN, *market.retailer.emails.values(), *market.makers[0].emails.values()]

    @contextmanager
    def looking_often(self) -> Iterator[None]:
        """One session for all looks meanwhile: the server plans a question of every table once, not each time."""
        with db.connect(db.Role.OWNER) as self._session:
            self._session.autocommit = True
            self._session.prepare_threshold = 0
            self._session.execute("set search_path = market, public")
            yield
        self._session = None

    def rows(self) -> Counter[str]:
        if self._session is None:
            return Counter(column(self._every_row))
        return Counter(row for (row,) in self._session.execute(self._every_row.encode()))

    def victims_rows(self) -> Counter[str]:
        return self.victims(self.rows())

    def victims(self, rows: Counter[str]) -> Counter[str]:
        theirs = self.private - self._platform
        return Counter({row: n for row, n in rows.items() if theirs & set(UUIDS.findall(row))})

    def leaked(self, answer: Any, caller: Actor) -> set[str]:
        text = repr(answer)
        own = self._platform if caller.org_kind == OrgKind.PLATFORM else set()
        return (self.private - own) & set(UUIDS.findall(text)) | {word for word in self._words if word in text}


# --- the callers -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    name: str
    actor: Actor
    is_colleague: bool = False

    def has_the_right(self, entry: Entry) -> bool:
        permitted = any(self.actor.may(permission) for permission in (*entry.needs, *entry.staff))
        if self.is_colleague:
            return permitted or not entry.needs
        return permitted and self.actor.org_kind == OrgKind.PLATFORM


def make_callers(market: Any) -> list[Caller]:
    variants = identity.VARIANTS
    others = [
        company(kind, f"Other {kind}", *variants[kind])
        for kind in (OrgKind.RETAILER, OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR)
    ]

    def of(who: Company, prefix: str, *, colleague: bool = False) -> Iterator[Caller]:
        for variant, actor in who.people.items():
            yield Caller(f"{prefix} {variant}", actor, colleague)

    return [
        Caller("nobody", Actor.anonymous()),
        *(caller for other in others for caller in of(other, "another")),
        *of(market.platform, "platform"),
        *of(market.retailer, "colleague", colleague=True),
        *of(market.makers[0], "colleague", colleague=True),
    ]


def try_all(world: World, watch: Watch, callers: list[Caller], *, strongest: bool = False) -> list[str]:
    """Everything that a caller got, changed or broke without a right; empty is what we want."""
    with watch.looking_often():
        return list(find_all(world, watch, callers, strongest=strongest))


def find_all(world: World, watch: Watch, callers: list[Caller], *, strongest: bool) -> Iterator[str]:
    before = watch.rows()
    for name, callable_ in faces().items():
        entry = ENTRIES[name]
        strangers = [caller for caller in callers if not caller.has_the_right(entry)]
        for caller in the_strongest(strangers) if strongest else strangers:
            finding = try_one(world, watch, caller, callable_, entry)
            if finding:
                yield f"{name} as {caller.name}: {finding}"
        after = watch.rows()
        moved = (after - before) + (before - after)
        if entry.own:
            moved = watch.victims(moved)
        if moved:
            yield f"{name}: moved {sorted(moved)[:3]}"
        before = after


def the_strongest(strangers: list[Caller]) -> list[Caller]:
    """Nobody, and of every other organisation the one who may most. No fence stands between colleagues."""
    first = {caller.actor.org_id: caller for caller in reversed(strangers) if not caller.is_colleague}
    return list(first.values())


def try_one(world: World, watch: Watch, caller: Caller, callable_: Callable[..., Any], entry: Entry) -> str | None:
    facts = entry.facts(world)
    try:
        if entry.writes:
            answer = run(caller.actor, callable_, **facts)
        else:
            with begin(caller.actor) as work:
                answer = callable_(work, **facts)
    except (NotFound, NotAllowed):
        return None
    except DomainError as refusal:
        return None if entry.own else f"was told {type(refusal).__name__}: {refusal}"
    except Exception as problem:
        return f"broke it: {problem!r}"[:300]
    if caller.name == "nobody" and entry.own:
        return f"was not refused: {answer!r}"[:200]
    if (entry.own or not entry.writes) and not caller.is_colleague:
        leaked = watch.leaked(answer, caller.actor)
        if leaked:
            return f"was shown {sorted(leaked)[:3]} in {answer!r}"[:400]
        return None if entry.own or is_empty(answer) else f"was answered {answer!r}"[:200]
    return f"was not refused: {answer!r}"[:200]


def is_empty(answer: Any) -> bool:
    """Nothing, zero, no rows, or a sheet of zeros."""
    if hasattr(answer, "model_dump"):
        return not any(value for key, value in answer.model_dump().items() if key != "currency")
    if isinstance(answer, tuple):
        return not any(answer)
    return not answer


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whether a stranger gets in is asked here, not how long argon2 takes to say so."""
    caches = (market_of_tests._hashed, passwords._decoy)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


@pytest.mark.parametrize(
    "fence", ["fences up", "fences down, the strongest", pytest.param("fences down", marks=pytest.mark.proof)]
)
def test_strangers_get_nothing_and_move_nothing(fresh_database: str, quick_passwords: None, fence: str) -> None:
    world = make_world()
    watch = Watch(world.market)
    callers = make_callers(world.market)
    if fence != "fences up":
        take_fences_down()
    assert try_all(world, watch, callers, strongest=fence.endswith("the strongest")) == []


def test_the_watch_sees_what_a_thief_would_take(fresh_database: str) -> None:
    """The control: with the system's rights, the same calls show and move the victims' things."""
    world = make_world()
    watch = Watch(world.market)
    with begin(Actor.system()) as work:
        shown = orders.order_sheet(work, order_id=world.done)
    assert watch.leaked(shown, Actor.anonymous())
    before = watch.victims_rows()
    run(Actor.system(), orders.decline_unanswered, order_id=world.paid)
    assert watch.victims_rows() != before
