"""`wholesale search`: the results of a search as a buyer's screen ranks them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from domain.discovery import ProductRow, ResultPage
    from domain.kernel.actor import Actor


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    app.command("search")(search)


def search(
    query: Annotated[str, typer.Argument(help="Words, a SKU or a barcode.")],
    limit: Annotated[int, typer.Option(min=1, max=2000, help="How many products at most.")] = 24,
    output: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.TABLE,
    email: Annotated[
        str, typer.Option("--as", help="Whose prices and offers: a person's, by e-mail. Left out: what all may see.")
    ] = "",
    org: Annotated[str, typer.Option("--org", help="Or those of an organisation, by its name.")] = "",
) -> None:
    """Search the market: the screen's ranking, with the ids that products have elsewhere."""
    from app.ready import ensure_market
    from domain import discovery
    from domain.kernel.actor import Actor
    from domain.kernel.work import begin, run

    ensure_market()
    run(Actor.system(), discovery.count_words)  # so that what came in a moment ago is ranked by its words
    with begin(_who(email, org)) as work:
        found = discovery.search_products(work, find=query, size=limit)
    if output is Format.JSON:
        _print_json(query, found)
    else:
        _print_table(found)


def _who(email: str, org: str) -> Actor:
    """The system, a person, or a buyer of an organisation with no more rights than a search asks for."""
    from domain import identity
    from domain.identity import Permission
    from domain.kernel.actor import Actor, Scope
    from domain.kernel.errors import NotFound
    from domain.kernel.work import begin

    if not email and not org:
        return Actor.system()
    with begin(Actor.system()) as work:
        if email:
            return identity.actor_of(identity.person_by_email(work, email=email))
        found = [one for one in identity.find_organizations(work, find=org) if one.name.lower() == org.strip().lower()]
        if len(found) != 1:
            raise NotFound(f"There is no organisation {org}." if not found else f"More than one is called {org}.")
    rights = frozenset({Permission.SEARCH_PRODUCTS, Permission.SEE_PRICES, Permission.SEE_COSTS})
    return Actor(org_id=found[0].org_id, scope=Scope.MEMBER, permissions=rights)


def _print_json(query: str, found: ResultPage) -> None:
    import json

    products: list[dict[str, Any]] = [_plain(place, row) for place, row in enumerate(found.rows, 1)]
    about = {"query": query, "total": found.total, "is_capped": found.is_capped, "how": found.how}
    print(json.dumps(about | {"did_you_mean": found.did_you_mean, "products": products}, indent=2, ensure_ascii=False))


def _plain(place: int, row: ProductRow) -> dict[str, Any]:
    return {
        "rank": place, "product_id": row.external_id or str(row.product_id), "id": str(row.product_id),
        "name": row.name, "brand": row.brand, "category": row.category, "sku": row.sku, "seller": row.seller_name,
        "price": None if row.price is None else f"{row.price.normalize():f}", "currency": row.currency,
        "minimum_quantity": row.minimum_quantity, "lead_time_days": row.lead_time_days, "stock": row.stock,
        "score": float(row.why.score), "words": row.why.words,
    }  # fmt: skip


def _print_table(found: ResultPage) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "Product", "Seller", "SKU", "Price", "From", "Why")
    for place, row in enumerate(found.rows, 1):
        price = "" if row.price is None else f"{row.price.normalize():f} {row.currency}"
        why = "its number" if row.why.is_number else "spelled alike" if row.why.is_alike else ", ".join(row.why.words)
        table.add_row(str(place), row.name, row.seller_name, row.sku, price, str(row.minimum_quantity), why)
    more = " or more" if found.is_capped else ""
    meant = f" Did you mean: {found.did_you_mean}?" if found.did_you_mean else ""
    table.caption = f"{found.total:,}{more} products.{meant}"
    Console().print(table)
