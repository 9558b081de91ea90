"""A film of a product comes from a route of its own, in the parts that a player asks for."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app import cookies
from domain import catalog, discovery, identity
from domain.catalog import MediaKind
from domain.identity import OrgKind, Variant
from domain.kernel import files
from domain.kernel.actor import Actor
from domain.kernel.settings import Unusable
from domain.kernel.work import begin, run
from tests.app.signed_in import cookie_of, session_of
from tests.app.test_screens_seller_admin import screen
from tests.make.market import Company, company, make_market
from tests.make.media import a_film, a_model


def film_of(maker: Company, product: UUID) -> tuple[UUID, UUID]:
    """A film that shows the product: its row and its file."""
    media = run(maker.owner, catalog.add_media, request_id=uuid4(), product_id=product, kind=MediaKind.VIDEO,
                content=a_film(), name="bowl.mp4", alt="A bowl turns")  # fmt: skip
    with begin(maker.owner) as work:
        return media, next(
            r.file_id for r in catalog.media_of(work, product_ids=[product])[product] if r.media_id == media
        )


def status(web: TestClient, film: UUID, session_id: UUID) -> int:
    """What the route answers in this session."""
    web.cookies.clear()
    cookie = "; ".join(f"{name}={value}" for name, value in cookie_of(session_id).items())
    return web.get(f"/film/{film}", headers={"Cookie": cookie}).status_code


def test_a_film_is_sent_in_parts_to_who_is_signed_in_and_not_read_by_a_drawing(
    web: TestClient, database: object
) -> None:
    market = make_market(makers=1)
    [maker] = market.makers
    with begin(maker.owner) as work:
        product = catalog.offer_sheet(work, offer_id=maker.offers[0]).product_id
    for kind, content, name in ((MediaKind.VIDEO, a_film(), "bowl.mp4"), (MediaKind.MODEL, a_model(), "bowl.glb")):
        run(maker.owner, catalog.add_media, request_id=uuid4(), product_id=product, kind=kind, content=content,
            name=name, alt="A bowl turns")  # fmt: skip
    with begin(maker.owner) as work:
        film, model = (row.file_id for row in catalog.media_of(work, product_ids=[product])[product])
    held = cookie_of(session_of(market.retailer.emails[Variant.BUSINESS_OWNER]))
    sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())}

    whole = web.get(f"/film/{film}", headers=sent)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, a_film(), "video/mp4")
    part = web.get(f"/film/{film}", headers=sent | {"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    for address in (f"/film/{model}", f"/film/{uuid4()}", "/film/x"):
        assert web.get(address, headers=sent).status_code == 404
    web.cookies.clear()
    assert web.get(f"/film/{film}").status_code == 404
    assert web.get(f"/film/{film}", headers={"Cookie": f"{cookies.session_name()}=x"}).status_code == 404

    with screen(market.retailer.emails[Variant.BUSINESS_OWNER], "retailer-product", product=product) as at:
        [shown] = at.get("video")
        assert shown.proto.url.endswith(f"/film/{film}")


def test_a_film_is_for_those_who_see_the_product(web: TestClient, database: object) -> None:
    market = make_market(makers=1)
    shop, [maker] = market.retailer, market.makers
    with begin(maker.owner) as work:
        on_sale = catalog.offer_sheet(work, offer_id=maker.offers[0]).product_id
    draft = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Bowl of next year")
    (_, secret), (shown_row, shown) = film_of(maker, draft), film_of(maker, on_sale)
    own, theirs = session_of(maker.emails[Variant.FACTORY_OWNER]), session_of(shop.emails[Variant.BUSINESS_OWNER])
    another = session_of(next(iter(company(OrgKind.MANUFACTURER, "Another maker").emails.values())))
    staff = session_of(market.platform.emails[Variant.SUPPORT])
    assert [status(web, secret, who) for who in (own, staff, theirs, another)] == [200, 200, 404, 404]
    assert [status(web, shown, who) for who in (own, staff, theirs, another)] == [200, 200, 200, 200]
    # Staff who look with somebody's eyes see what these see.
    agent = shop.people[Variant.PURCHASING_AGENT]
    consent = run(market.platform.people[Variant.SUPPORT], identity.ask_to_view, request_id=uuid4(),
                  org_id=shop.org_id, person_id=agent.user_id, reason="The film does not play")  # fmt: skip
    run(agent, identity.grant_view, consent_id=consent, hours=1)
    with begin(Actor.system()) as work:
        signed_in = identity.seen_as(work, session_id=staff)
    assert signed_in is not None
    run(signed_in[1], identity.view_as_member, consent_id=consent)
    assert [status(web, film, staff) for film in (shown, secret)] == [200, 404]

    run(maker.owner, discovery.set_audience, offer_ids=maker.offers[:1], shown_to=[])
    assert [status(web, shown, who) for who in (own, theirs, another)] == [200, 404, 404]
    run(maker.owner, discovery.set_audience, offer_ids=maker.offers[:1], shown_to=None)
    assert status(web, shown, theirs) == 200
    run(maker.owner, catalog.remove_media, media_id=shown_row)
    assert [status(web, shown, who) for who in (own, theirs)] == [404, 404]


def test_a_film_that_cannot_be_read_is_an_answer_and_no_traceback(
    web: TestClient, database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = company(OrgKind.MANUFACTURER, "Maker")
    product = run(maker.owner, catalog.create_product, request_id=uuid4(), name="Bowl")
    _, film = film_of(maker, product)
    session_id = session_of(maker.emails[Variant.FACTORY_OWNER])
    assert status(web, film, session_id) == 200
    with monkeypatch.context() as patched:
        patched.setattr(files, "_path", lambda _: files.settings().home / "files" / "gone")
        assert status(web, film, session_id) == 404
    for problem in (OperationalError("select 1", {}, OSError("refused")), Unusable("No server answers.")):

        def down(_: Actor, problem: Exception = problem) -> None:
            raise problem

        with monkeypatch.context() as patched:
            patched.setattr("app.routes.begin", down)
            assert status(web, film, session_id) == 503
    assert status(web, film, session_id) == 200
