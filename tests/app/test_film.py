"""A film of a product comes from a route of its own, in the parts that a player asks for."""

from uuid import uuid4

from starlette.testclient import TestClient

from app import cookies
from domain import catalog
from domain.catalog import MediaKind
from domain.identity import Variant
from domain.kernel.work import begin, run
from tests.app.signed_in import cookie_of, session_of
from tests.app.test_screens_seller_admin import screen
from tests.make.market import make_market
from tests.make.media import a_film, a_model


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
