"""Who sees an offer: everybody, or whom its seller has chosen; and why an organisation does not see one.

The database keeps it (`offer_is_shown` in the policy of `offers`), so that an offer that is not shown does not exist
for a buyer, whichever way is tried. The commands ask once more.
"""

from collections.abc import Sequence
from datetime import date
from re import fullmatch
from uuid import UUID

from sqlalchemy import text

from domain import catalog, identity
from domain.discovery.events import AudienceChosen
from domain.discovery.states import Audience, Shown
from domain.discovery.views import AudienceChoices, AudienceRow, AudienceSheet, Choice, OfferName, Visibility
from domain.identity import Permission
from domain.kernel.errors import Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.work import Work

MOST = 200  # of those whom one offer is shown to; who has more makes a group


def set_audience(work: Work, *, offer_ids: Sequence[UUID], shown_to: Sequence[AudienceRow] | None) -> None:
    """Show some of one's own offers to everybody (None), or only to these; to nobody with an empty list.

    Who is kept to regions or customers changes what is within them, and nothing for the others. Raises `NotFound` for
    an offer, a customer, a group or a region that is not one's own to name, `NotAllowed` outside of one's reach,
    `Invalid` for days or countries that cannot be. Announces `AudienceChosen`.
    """
    work.actor.require(Permission.CHOOSE_AUDIENCE)
    me, ids = work.actor.require_org(), sorted(set(offer_ids))
    if not ids:
        raise Invalid("Please choose a product first.")
    found = work.session.execute(
        text("select id, audience from offers where id = any(:ids) and seller_id = :me order by id for update"),
        {"ids": ids, "me": me},
    ).all()
    if len(found) != len(ids):
        raise NotFound
    before = _rows(work, ids)
    wanted = None if shown_to is None else _checked(work, shown_to)
    _require_within(work, {row.id: row.audience for row in found}, before, wanted)
    work.session.execute(text("delete from offer_audiences where offer_id = any(:ids)"), {"ids": ids})
    if wanted:
        pairs = [(offer_id, row) for offer_id in ids for row in wanted]
        work.session.execute(
            _ADD,
            {
                "ids": [new_id() for _ in pairs], "offers": [offer_id for offer_id, _ in pairs], "me": me,
                "kinds": [row.kind.value for _, row in pairs], "subjects": [row.subject_id for _, row in pairs],
                "countries": [row.country_code for _, row in pairs],
                "first": [row.valid_from or work.now.date() for _, row in pairs],
                "end": [row.valid_to for _, row in pairs], "now": work.now,
            },
        )  # fmt: skip
    audience = Audience.EVERYBODY if wanted is None else Audience.CHOSEN
    catalog.mark_audience(work, offer_ids=ids, audience=audience.value)
    after = _words(audience.value, wanted or [])
    for row in found:
        was = _words(row.audience, before.get(row.id, []))
        if was != after:
            work.record(AudienceChosen(subject_id=row.id, seller_id=me, before=was, after=after))


_ADD = text(
    "insert into offer_audiences (id, offer_id, seller_id, kind, subject_id, country_code, valid_from, valid_to,"
    " created_at) select id, offer_id, :me, kind, subject_id, country_code, first, coming, :now"
    " from unnest(cast(:ids as uuid[]), cast(:offers as uuid[]), cast(:kinds as text[]), cast(:subjects as uuid[]),"
    " cast(:countries as text[]), cast(:first as date[]), cast(:end as date[]))"
    " as t(id, offer_id, kind, subject_id, country_code, first, coming)"
)
_ROWS = text(
    "select a.offer_id, a.kind, a.subject_id, a.country_code, a.valid_from, a.valid_to,"
    " coalesce(r.name, g.name, (select max(o.buyer_name) from supplier_orders o where o.buyer_id = a.subject_id"
    "   and o.seller_id = a.seller_id)) as name"
    " from offer_audiences a left join regions r on a.kind = 'region' and r.id = a.subject_id"
    " left join customer_groups g on a.kind = 'group' and g.id = a.subject_id"
    " where a.offer_id = any(:ids) order by a.kind, name, a.country_code, a.subject_id"
)


def _rows(work: Work, offer_ids: Sequence[UUID]) -> dict[UUID, list[AudienceRow]]:
    rows: dict[UUID, list[AudienceRow]] = {}
    for row in work.session.execute(_ROWS, {"ids": list(offer_ids)}):
        facts = row._asdict()
        rows.setdefault(facts.pop("offer_id"), []).append(AudienceRow.model_validate(facts))
    return rows


def _words(audience: str, rows: Sequence[AudienceRow]) -> list[str]:
    return ["everybody"] if audience == Audience.EVERYBODY else sorted(row.key for row in rows)


def _checked(work: Work, shown_to: Sequence[AudienceRow]) -> list[AudienceRow]:
    """Each of them once, and only whom one may name: own customers and groups, and regions that there are."""
    if len(shown_to) > MOST:
        raise Invalid(f"A product is shown to at most {MOST} by name. Please make a customer group for more.")
    rows = {row.key: row for row in shown_to}.values()
    for row in rows:
        needs_subject = row.kind in (Shown.CUSTOMER, Shown.GROUP, Shown.REGION)
        if (
            needs_subject != (row.subject_id is not None)
            or (row.kind is Shown.COUNTRY) != (row.country_code is not None)
            or not fullmatch(r"[A-Z]{2}", row.country_code or "XX")
        ):
            raise Invalid("Please say which customer, group, region or country is meant.")
        if row.valid_to is not None and row.valid_to <= (row.valid_from or work.now.date()):
            raise Invalid("The last day must lie after the first one.")
        if row.kind is Shown.TERRITORY and work.actor.org_kind != "distributor":
            raise Invalid("Only a distributor serves a territory.")

    def named(kind: Shown) -> list[UUID]:
        return sorted({row.subject_id for row in rows if row.kind is kind and row.subject_id is not None})

    known = work.session.execute(
        text(
            "select (select count(*) from regions where id = any(:regions)) as regions,"
            " (select count(*) from customer_groups where id = any(:groups) and seller_id = :me) as groups,"
            " (select count(distinct buyer_id) from supplier_orders where buyer_id = any(:customers)"
            "   and seller_id = :me) as customers"
        ),
        {
            "regions": named(Shown.REGION), "groups": named(Shown.GROUP), "customers": named(Shown.CUSTOMER),
            "me": work.actor.require_org(),
        },
    ).one()  # fmt: skip
    if (known.regions, known.groups, known.customers) != tuple(
        len(named(kind)) for kind in (Shown.REGION, Shown.GROUP, Shown.CUSTOMER)
    ):
        raise NotFound
    return list(rows)


def _require_within(
    work: Work, audiences: dict[UUID, str], before: dict[UUID, list[AudienceRow]], wanted: list[AudienceRow] | None
) -> None:
    """Who is kept to regions or customers decides for those alone."""
    reach = identity.reach_of(work)
    if reach.regions is None and reach.customers is None:
        return
    if wanted is None or any(audience == Audience.EVERYBODY for audience in audiences.values()):
        raise NotAllowed(
            "You answer for some regions or customers; whether everybody sees a product is for the owner to say."
        )
    kept = {row.key: row for row in wanted}
    for rows in (before.get(offer_id, []) for offer_id in audiences):
        had = {row.key: row for row in rows}
        for key in had.keys() | kept.keys():
            if key in had and key in kept and had[key].same_days(kept[key]):
                continue
            row = kept.get(key) or had[key]
            within = (row.kind is Shown.REGION and row.subject_id in (reach.regions or ())) or (
                row.kind is Shown.CUSTOMER and row.subject_id in (reach.customers or ())
            )
            if not within:
                raise NotAllowed("You answer for some regions or customers; this concerns others too.")


# --- questions ------------------------------------------------------------------------------------


def audience_of(work: Work, *, offer_id: UUID) -> AudienceSheet:
    """Whom one of one's own offers is shown to. Raises `NotFound` for others'."""
    work.actor.require(Permission.SEE_OFFERS)
    found = audiences_of(work, offer_ids=[offer_id]).get(offer_id)
    if found is None:
        raise NotFound
    return found


def audiences_of(work: Work, *, offer_ids: Sequence[UUID]) -> dict[UUID, AudienceSheet]:
    """Whom each of some of one's own offers is shown to; others' are left out."""
    work.actor.require(Permission.SEE_OFFERS)
    found = work.session.execute(
        text("select id, audience from offers where id = any(:ids) and seller_id = :me"),
        {"ids": list(offer_ids), "me": work.actor.require_org()},
    ).all()
    rows = _rows(work, [row.id for row in found])
    return {row.id: AudienceSheet(audience=Audience(row.audience), shown_to=rows.get(row.id, [])) for row in found}


def audience_choices(work: Work) -> AudienceChoices:
    """Whom a seller may name: customers who have ordered, own groups, and the regions of the market."""
    work.actor.require(Permission.SEE_OFFERS)
    facts = {"me": work.actor.require_org()}

    def choices(statement: str) -> list[Choice]:
        return [Choice.model_validate(row._asdict()) for row in work.session.execute(text(statement), facts)]

    return AudienceChoices(
        customers=choices(
            "select buyer_id as subject_id, max(buyer_name) as name from supplier_orders where seller_id = :me"
            " group by buyer_id order by 2 limit 500"
        ),
        groups=choices(
            "select id as subject_id, name from customer_groups where seller_id = :me and closed_at is null"
            " order by name"
        ),
        regions=choices("select id as subject_id, name from regions where :me is not null order by name"),
    )


def why_hidden(work: Work, *, offer_id: UUID, org_id: UUID, on: date | None = None) -> Visibility:
    """Whether an organisation sees an offer on a day (left out: today), and what stands in the way, one sentence each.

    For the seller, about customers of theirs, and for the platform's staff, about everybody. Raises `NotFound`.
    """
    is_staff = work.actor.is_system or (work.actor.is_staff and work.actor.may(Permission.SEE_PLATFORM))
    if not is_staff:
        work.actor.require(Permission.SEE_OFFERS)
    day = on or work.now.date()
    row = work.session.execute(
        _WHY, {"offer_id": offer_id, "org_id": org_id, "day": day, "me": work.actor.org_id, "staff": is_staff}
    ).one_or_none()
    if row is None:
        raise NotFound
    reasons = []
    if row.offer_state != "published":
        reasons.append("The product is not on sale at the moment.")
    if row.seller_state != "active":
        reasons.append("The seller is suspended.")
    if not row.has_price:
        reasons.append("The product has no price.")
    if row.audience != Audience.EVERYBODY and not row.is_for:
        reasons += _chosen(_rows(work, [offer_id]).get(offer_id, []), day, row)
    return Visibility(
        offer_id=offer_id, org_id=org_id, product_name=row.product_name, seller_name=row.seller_name,
        buyer_name=row.buyer_name, is_shown=not reasons, reasons=reasons,
    )  # fmt: skip


def offers_of_number(work: Work, *, number: str) -> list[OfferName]:
    """Offers by SKU or barcode, whoever sees them; for the platform's staff, who are asked why one is hidden."""
    work.actor.require(Permission.SEE_PLATFORM)
    work.actor.require_staff()
    rows = work.session.execute(
        text(
            "select o.id as offer_id, o.sku, p.name as product_name, s.name as seller_name"
            " from offers_by_number(array[lower(:number)]) f join offers o on o.id = f.offer_id"
            " join organizations s on s.id = o.seller_id join product_variants v on v.id = o.variant_id"
            " join products p on p.id = v.product_id order by s.name, o.sku limit 20"
        ),
        {"number": number.strip()[:80]},
    )
    return [OfferName.model_validate(row._asdict()) for row in rows]


_WHY = text(
    "select o.state as offer_state, o.audience, s.state as seller_state, s.name as seller_name, p.name as product_name,"
    " coalesce(b.name, (select max(x.buyer_name) from supplier_orders x where x.buyer_id = :org_id"
    "   and x.seller_id = o.seller_id)) as buyer_name,"
    " exists (select 1 from price_tiers t where t.offer_id = o.id and t.valid_to is null) as has_price,"
    " offer_is_for(o.id, o.seller_id, :org_id, :day) as is_for,"
    " (select array_agg(distinct r.name order by r.name) from sites a"
    "   join regions r on r.id = region_of(a.country_code, a.postal_code, :day) where a.org_id = :org_id) as places"
    " from offers o join organizations s on s.id = o.seller_id join product_variants v on v.id = o.variant_id"
    " join products p on p.id = v.product_id left join organizations b on b.id = :org_id"
    " where o.id = :offer_id and (:staff or (o.seller_id = :me and exists ("
    "   select 1 from supplier_orders x where x.buyer_id = :org_id and x.seller_id = :me)))"
)


def _chosen(rows: Sequence[AudienceRow], day: date, found: object) -> list[str]:
    """Why none of those whom the offer is shown to is the organisation."""
    if not rows:
        return ["Its seller shows it to nobody."]
    reasons = []
    kinds = {row.kind for row in rows}
    places = ", ".join(getattr(found, "places", None) or []) or "none that is known"
    early = [row for row in rows if row.valid_from is not None and row.valid_from > day]
    late = [row for row in rows if row.valid_to is not None and row.valid_to <= day]
    if Shown.TERRITORY in kinds:
        reasons.append(
            "Its seller shows it within the territory that it serves, and serves no place of this organisation"
            f" (regions of its places: {places})."
        )
    if Shown.REGION in kinds:
        names = ", ".join(row.name or "a region" for row in rows if row.kind is Shown.REGION)
        reasons.append(f"It is shown in {names}; the places of this organisation lie in other regions ({places}).")
    if Shown.COUNTRY in kinds:
        names = ", ".join(row.country_code or "" for row in rows if row.kind is Shown.COUNTRY)
        reasons.append(f"It is shown in {names}; this organisation has no place there.")
    if kinds & {Shown.CUSTOMER, Shown.GROUP}:
        reasons.append("It is shown to chosen customers or groups; this organisation is not among them.")
    if early:
        reasons.append(f"For some it is shown from {min(row.valid_from for row in early if row.valid_from)} on.")
    if late:
        reasons.append("For some the days on which it was shown are over.")
    return reasons
