"""The owner-owned functions run with the owner's rights, so each must itself refuse who has no right to the cause.

Asked by SQL as the application's role in the scope of a member, past all Python: a stranger, nobody, and the
platform's people where they have no business. Each refusal is WS005, and nothing moved.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from domain import discovery
from domain.discovery import AudienceRow
from domain.kernel import database as db
from domain.kernel.actor import Actor, Scope
from domain.kernel.ids import new_id
from domain.kernel.work import run
from tests.domain.test_strangers import Watch, World, column, make_world

Ask = tuple[str, list[Any]]


def as_json(value: object) -> str:
    return json.dumps(value, default=str)


def entry(world: World) -> str:
    legs = [
        {"family": "escrow", "holder_id": world.paid, "amount": "1"},
        {"family": "refund.payable", "holder_id": world.shop.org_id, "amount": "-1"},
    ]
    return as_json(
        [{"kind": "order_refunded", "reference": "x", "order_id": world.paid, "currency": "EUR", "postings": legs}]
    )


def stock_row(world: World) -> str:
    return as_json(
        [{"variant_id": world.variant, "location_id": world.maker.location_id, "lot_id": world.lot, "quantity": 9}]
    )


def timer(world: World) -> str:
    facts = {"order_id": world.delivered, "shipment_id": world.arrived}
    return as_json([{"id": new_id(), "key": uuid4(), "due_at": "2020-01-01", "facts": facts}])


REFUSED: dict[str, Callable[[World], Ask]] = {
    "search_count": lambda w: ("select search_count(now())", []),
    "stock_take": lambda w: ("select stock_take(array[%s]::uuid[], null, now())", [w.paid]),
    "stock_release": lambda w: ("select stock_release(%s, null)", [w.paid]),
    "stock_firm": lambda w: ("select stock_firm(array[%s]::uuid[])", [w.unpaid_order]),
    "stock_ship": lambda w: (
        "select stock_ship(%s, %s, %s, now())",
        [w.confirmed, uuid4(), as_json([{"line_id": w.confirmed_line, "quantity": 1}])],
    ),
    "stock_record": lambda w: (
        "select stock_record(%s, 'received', 'receipt', %s, now())",
        [stock_row(w), uuid4()],
    ),
    "stock_sell": lambda w: (
        "select stock_sell(%s, %s, %s, now())",
        [w.maker.location_id, as_json([{"variant_id": w.variant, "quantity": 1}]), uuid4()],
    ),
    "stock_hold": lambda w: ("select stock_hold(%s, null, null, now())", [w.hold]),
    "stock_unhold": lambda w: ("select stock_unhold(%s, now())", [w.hold]),
    "stock_allocate": lambda w: (
        "select stock_allocate(%s, %s, %s, 1, now() + interval '1 day', '', now())",
        [uuid4(), w.variant, w.shop.org_id],
    ),
    "stock_snapshot": lambda w: (
        "select on_hand from stock_snapshot(%s, %s, %s)", [w.variant, w.maker.location_id, w.lot]
    ),
    "ledger_post": lambda w: ("select ledger_post(%s, now(), now())", [entry(w)]),
    "set_timers": lambda w: ("select set_timers('accept_silently', %s, now())", [timer(w)]),
    "publish_reviews": lambda w: ("select publish_reviews(%s, true, now())", [w.reviewed]),
    "promotions_spend": lambda w: (
        "select promotions_spend(%s, now())",
        [as_json([{"id": uuid4(), "rule_id": w.price_rule, "order_id": w.paid, "line_id": uuid4(), "amount": "1",
                   "units": 1}])],
    ),
    "promotions_return": lambda w: ("select promotions_return(array[%s]::uuid[], now())", [w.paid]),
    "end_bank_waiver": lambda w: ("select end_bank_waiver(%s, now())", [w.shop.org_id]),
    "erase_personal": lambda w: ("select erase_personal(%s, now())", [w.shop.owner.user_id]),
}
# These refuse nobody by raising; what they answer is tried below.
ANSWERED = {
    "offer_is_for", "sees_offer", "nothing_is_hidden", "stock_displays_for_me", "my_viewed_products",
    "offers_by_number", "products_alike",
    "search_size", "search_terms", "search_page", "search_by_number",
    "stock_available", "stock_between", "stock_may_go_to", "own_places", "my_warehouses", "invariants_at", "ledger_post_memo", "sellers_level", "seller_proofs", "sellers_certificates",
    "price_terms", "seller_capacity", "certificates_asked", "sees_all_orders", "product_claims",
    # Counts of one's own offers (tests/domain/reports/test_funnel.py).
    "seller_interest", "seller_interest_by_day",
}  # fmt: skip
# `sees_all_orders` takes nothing and tells whoever asks about themselves alone.
# Finance matches transfers, so staff may keep a hold, post what is theirs to post and set what follows from it.
STAFF_MAY = {"stock_firm", "ledger_post", "set_timers", "erase_personal", "end_bank_waiver"}

STRANGER = Actor(user_id=new_id(), org_id=new_id())
STAFF = Actor(user_id=new_id(), org_id=new_id(), scope=Scope.PLATFORM)


def ask(actor: Actor, statement: str, facts: list[Any], *, told: bool = True) -> list[Any]:
    """Ask as the application's role, with what begin_work would have told PostgreSQL about the actor."""
    with db.connect(db.Role.APP) as connection, connection.transaction():
        connection.execute("set local search_path = market, public")
        if told:
            connection.execute(
                "select begin_work(%s, %s, %s, null, '')", [actor.org_id, actor.user_id, actor.scope.value]
            )
        return connection.execute(statement.encode(), facts).fetchall()


def test_every_function_with_the_owners_rights_is_tried(fresh_database: str) -> None:
    names = column(
        "select proname from pg_proc where pronamespace = 'market'::regnamespace and prosecdef"
        " and prorettype <> 'trigger'::regtype order by 1"
    )  # nobody can call a trigger's function
    assert set(names) == set(REFUSED) | ANSWERED


def test_strangers_and_nobody_are_refused_and_nothing_moves(fresh_database: str) -> None:
    world = make_world()
    watch = Watch(world.market)
    before = watch.rows()
    for name, question in REFUSED.items():
        statement, facts = question(world)
        for actor, told in ((STRANGER, True), (Actor.anonymous(), True), (STRANGER, False)):
            with pytest.raises(psycopg.Error) as refusal:
                ask(actor, statement, facts, told=told)
            assert refusal.value.sqlstate == "WS005", name
        if name not in STAFF_MAY:
            with pytest.raises(psycopg.Error) as refusal:
                ask(STAFF, statement, facts)
            assert refusal.value.sqlstate == "WS005", name
    assert watch.rows() == before


def test_how_far_sellers_are_verified_is_published_and_how_far_buyers_are_is_not(fresh_database: str) -> None:
    world = make_world()
    both = [world.maker.org_id, world.shop.org_id]
    levels, proofs, certificates = (
        "select org_id from sellers_level(%s, now())",
        "select requirement from unnest(%s::uuid[]) o(id), seller_proofs(o.id, now())",
        "select org_id from sellers_certificates(%s, current_date)",
    )
    assert ask(STRANGER, levels, [both]) == [(world.maker.org_id,)]
    assert ask(STRANGER, proofs, [[world.shop.org_id]]) == []
    assert {org_id for (org_id,) in ask(STRANGER, certificates, [both])} <= {world.maker.org_id}
    untold = [ask(STRANGER, question, [both], told=False) for question in (levels, proofs, certificates)]
    assert untold == [[], [], []]
    # Of a seller anybody may know whether it holds what its category asks for, of a buyer nobody.
    with db.connect() as connection:
        [(category,)] = connection.execute(
            "insert into market.categories (id, name) values (gen_random_uuid(), 'Toys') returning id"
        ).fetchall()
        connection.execute(
            "insert into market.verification_regulations (category_id, requirement, valid_from)"
            " values (%s, 'ce_conformity', now() - interval '1 day')",
            [category],
        )
    asked = "select seller_id, is_held from certificates_asked(%s, %s, array[now(), now()], now())"
    of_both = [both, [category] * 2]
    assert [seller for seller, _ in ask(STRANGER, asked, of_both)] == [world.maker.org_id]
    assert ask(STRANGER, asked, of_both, told=False) == []
    # Without a claim there is nothing to tell; what strangers are told of one stands in the reports' tests.
    capacity = "select 1 from unnest(%s::uuid[]) o(id), seller_capacity(o.id, now())"
    assert ask(STRANGER, capacity, [both]) == ask(STRANGER, capacity, [both], told=False) == []
    # A product that is shown with no certificate has none to tell; what holds is tried in the catalogue's tests.
    claims = "select product_id from product_claims(%s, now())"
    assert ask(STRANGER, claims, [[world.glass]]) == ask(STRANGER, claims, [[world.glass]], told=False) == []


def test_strangers_see_no_places_of_others_and_make_only_their_own(fresh_database: str) -> None:
    world = make_world()
    here = world.maker.location_id
    mine = Actor(user_id=new_id(), org_id=world.shop.org_id)
    for who, told in ((STRANGER, True), (mine, True), (STRANGER, False)):
        assert ask(who, "select stock_may_go_to(%s)", [here], told=told) == [(False,)]
        names = [name for (name,) in ask(who, "select name from own_places()", [], told=told)]
        assert "Main warehouse" not in names
        assert ask(who, "select my_warehouses()", [], told=told) == [(None,)]
    with pytest.raises(psycopg.Error) as refusal:
        ask(STRANGER, "select stock_between('transit', 'x')", [], told=False)
    assert refusal.value.sqlstate == "WS005"
    [(made,)] = ask(mine, "select stock_between('transit', 'In transit')", [])
    owners = column(f"select org_id::text from locations where id = '{made}'")
    assert owners == [str(world.shop.org_id)]


def test_free_stock_is_told_for_published_offers_only(fresh_database: str) -> None:
    world = make_world()
    statement = "select offer_id, available from stock_available(array[%s, %s, %s]::uuid[], now())"
    facts = [world.offer, world.draft, world.paused]
    for actor, told in ((STRANGER, True), (Actor.anonymous(), True), (STRANGER, False)):
        assert [offer for offer, _ in ask(actor, statement, facts, told=told)] == [world.offer]
    assert len(ask(world.maker.owner, statement, facts)) == 3


def test_what_is_hidden_is_told_to_nobody_by_any_function(fresh_database: str) -> None:
    world = make_world()
    seller, buyer = world.maker.owner, world.shop.owner
    run(seller, discovery.set_audience, offer_ids=[world.offer], shown_to=[])
    run(seller, discovery.set_stock_display, kind="customer", subject_id=world.shop.org_id, display="hidden")
    number = column(f"select sku from offers where id = '{world.offer}'")
    by_number = "select offer_id from offers_by_number(%s::text[])"
    for actor, told in ((STRANGER, True), (buyer, True), (STRANGER, False), (Actor.anonymous(), True)):
        assert ask(actor, by_number, [number], told=told) == []
        assert ask(actor, "select sees_offer(%s)", [world.offer], told=told) == [(False,)]
    assert ask(seller, by_number, [number]) == [(world.offer,)]
    # Whether somebody else sees it is for the seller, and for nobody else to ask; how stock is told, for the one told.
    asked = "select offer_is_for(%s, %s, %s, current_date)"
    run(seller, discovery.set_audience, offer_ids=[world.offer],
        shown_to=[AudienceRow(kind="customer", subject_id=world.shop.org_id)])  # fmt: skip
    facts = [world.offer, seller.org_id, buyer.org_id]
    answers = [ask(who, asked, facts)[0][0] for who in (seller, buyer, STRANGER, Actor.anonymous())]
    assert answers == [True, True, False, False]
    displays = "select display from stock_displays_for_me(array[%s]::uuid[], current_date)"
    assert ask(buyer, displays, [seller.org_id]) == [("hidden",)]
    assert ask(STRANGER, displays, [seller.org_id]) == ask(STRANGER, displays, [seller.org_id], told=False) == []
    views = "select product_id from my_viewed_products(50)"
    assert ask(STRANGER, views, []) == ask(STRANGER, views, [], told=False) == []
    alike = "select product_id from products_alike(array[1]::bigint[], array['thing'])"
    assert ask(STRANGER, alike, [], told=False) == ask(Actor.anonymous(), alike, [], told=False) == []


def test_the_checks_and_the_importer_are_for_jobs(fresh_database: str) -> None:
    world = make_world()
    watch = Watch(world.market)
    before = watch.rows()
    for actor in (STRANGER, Actor.anonymous()):
        for statement, facts in (
            ("select count(*) from invariants_at(now())", []),
            ("select ledger_post_memo(%s, now())", [uuid4()]),
        ):
            try:
                [(answer,)] = ask(actor, statement, facts)
            except psycopg.Error as refusal:
                assert refusal.sqlstate in ("WS005", "42501")
            else:
                assert not answer, statement
    assert watch.rows() == before
