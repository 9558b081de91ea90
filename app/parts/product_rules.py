"""How a variant is sold: order rules, packs, time to make, shelf life, grade, and what is promised with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import streamlit as st

from app import words
from app.bridge import ask
from app.parts.forms import guarded_dialog, once, settle
from app.parts.header import empty_state, section
from app.parts.lists import facts_list
from app.parts.product_variants import decimal_of
from app.parts.tables import Column, table
from app.parts.text import plain
from domain import catalog, orders
from domain.catalog import OfferSheet, PolicyRow, ProductSheet

_LEVELS = {"inner": "Inner pack", "case": "Case", "pallet": "Pallet"}


def draw_rules(offer: OfferSheet, product: ProductSheet) -> None:
    left, right = st.columns([1, 1], gap="medium")
    key = f"{offer.offer_id}-{offer.version}"
    with left, st.container(border=True):
        section("Order rules", "They hold for new orders; orders that were placed keep theirs.")
        one, two = st.columns(2)
        least = one.number_input("Minimum quantity", 1, value=offer.minimum_quantity, step=1, key=f"least-{key}")
        step = two.number_input("In steps of", 1, value=offer.order_increment, step=1, key=f"step-{key}")
        making = one.number_input(
            "Working days to make",
            0,
            365,
            offer.production_days,
            key=f"making-{key}",
            help="Days on which your company works; closed days and weekends do not count.",
        )
        lead = two.number_input("Days until it arrives after that", 0, 730, offer.lead_time_days, key=f"lead-{key}")
        tax = one.text_input("Tax rate in %", f"{(offer.tax_rate * 100).normalize():f}", key=f"tax-{key}")
        grades = ["", *catalog.GRADES]
        grade = two.selectbox(
            "Grade",
            grades,
            index=grades.index(offer.grade or ""),
            key=f"grade-{key}",
            format_func=lambda one: one or "Not graded",
        )
        life = one.number_input(
            "Shelf life in days", 0, 3650, offer.shelf_life_days or 0, key=f"life-{key}", help="0 for goods that keep."
        )
        share = two.number_input(
            "Of it left at least (%)",
            0,
            100,
            int((offer.minimum_life_share or 0) * 100),
            key=f"share-{key}",
            disabled=not life,
            help="What buyers can count on when it ships.",
        )
        if st.button("Save order rules", type="primary", key=once("save-rules")):
            rate = decimal_of(tax)
            if rate is None:
                st.error("The tax rate is a number such as 19.", icon=":material/error:")
            elif settle(
                catalog.change_offer,
                offer_id=offer.offer_id,
                version=offer.version,
                minimum_quantity=int(least),
                order_increment=int(step),
                lead_time_days=int(lead),
                production_days=int(making),
                tax_rate=rate / 100,
                grade=grade,
                shelf_life_days=int(life),
                minimum_life_share=Decimal(int(share)) / 100 if life else None,
                done="Saved. It holds for new orders.",
            ):
                st.rerun()
    with right:
        with st.container(border=True):
            section("Packs", "Each level is a whole number of the one below it, in single units.")
            _draw_packs(offer, key)
        with st.container(border=True):
            section("Your promises")
            _draw_record()
            facts_list(
                {
                    "Unit": product.base_unit,
                    "Currency": offer.currency,
                    "First published": words.instant(offer.published_at),
                }
            )


def _draw_packs(offer: OfferSheet, key: str) -> None:
    # An empty line to begin with: a table of no rows does not know what its columns hold.
    held = [(pack.name, _LEVELS[pack.level], pack.base_units) for pack in offer.packs] or [("", "Case", 1)]
    edited: Any = st.data_editor(
        dict(zip(("name", "level", "units"), map(list, zip(*held, strict=True)), strict=True)),
        num_rows="dynamic",
        hide_index=True,
        key=f"packs-{key}",
        alt="Packs",
        column_config={
            "name": st.column_config.TextColumn("Pack", max_chars=60, required=True),
            "level": st.column_config.SelectboxColumn(
                "Level", options=list(_LEVELS.values()), required=True, default="Case"
            ),
            "units": st.column_config.NumberColumn("Units", min_value=1, step=1, required=True),
        },
    )
    if not st.button("Save packs", key="save-packs"):
        return
    levels = {word: level for level, word in _LEVELS.items()}
    rows = [row for row in zip(edited["name"], edited["level"], edited["units"], strict=True) if row[0] and row[2]]
    packs: list[Any] = [(name, int(units), levels.get(level, "case")) for name, level, units in rows]
    if settle(catalog.change_offer, offer_id=offer.offer_id, version=offer.version, packs=packs, done="Packs saved."):
        st.rerun()


def _draw_record() -> None:
    record = ask(orders.promise_record)
    if not record.due:
        st.caption(
            f"No order was due in the last {record.days} days yet. Here you will see how often you kept the day."
        )
        return
    rate = Decimal(record.kept) / record.due
    mark = "green" if rate >= Decimal("0.95") else "orange" if rate >= Decimal("0.8") else "red"
    late = f" Others came {words.tenths(record.late_days)} days late on average." if record.late_days else ""
    st.markdown(
        f":{mark}[**{plain(words.percent(rate, 0))}**] of {words.count(record.due, 'order')} of the last"
        f" {record.days} days arrived in full by the promised day.{late}"
    )


# --- warranty and returns ------------------------------------------------------------------------


@guarded_dialog("Warranty and returns")
def write(known: PolicyRow | None) -> None:
    key = f"policy-{known.policy_id}" if known else "policy-new"
    name = st.text_input(
        "Name",
        known.name if known else "",
        max_chars=60,
        key=f"{key}-name",
        disabled=known is not None,
        placeholder="Usual terms",
    )
    one, two = st.columns(2)
    days = one.number_input(
        "Returns within (days)",
        0,
        365,
        known.return_days if known else 14,
        key=f"{key}-days",
        help="0: no returns of what is in order.",
    )
    share = two.number_input(
        "Kept for restocking (%)", 0, 100, int(known.restocking_share * 100) if known else 10, key=f"{key}-share"
    )
    months = one.number_input("Warranty (months)", 0, 240, known.warranty_months if known else 24, key=f"{key}-months")
    exclusions = st.text_area(
        "Not taken back, not covered",
        known.exclusions if known else "",
        max_chars=1000,
        key=f"{key}-not",
        placeholder="Goods made to order; breakage by use",
    )
    if known:
        st.caption(
            f"This becomes version {known.version + 1}. It holds for new orders of"
            f" {words.count(known.offers, 'offer')}; orders that were placed keep theirs."
        )
    if st.button("Save", type="primary", key=once(f"{key}-save")) and settle(
        catalog.write_policy,
        request=f"{key}-save",
        name=name or "",
        version=known.version if known else 0,
        return_days=int(days),
        restocking_share=Decimal(int(share)) / 100,
        warranty_months=int(months),
        exclusions=exclusions or "",
        done="Saved.",
    ):
        st.rerun()


def policy_words(row: PolicyRow) -> str:
    """A policy in a sentence, as buyers read it."""
    back = (
        f"Returns within {words.days(row.return_days)}"
        + (f", {words.percent(row.restocking_share, 1)} kept for restocking" if row.restocking_share else "")
        if row.return_days
        else "No returns of what is in order"
    )
    kept = f"{row.warranty_months} months of warranty" if row.warranty_months else "no warranty beyond the law"
    return f"{back}; {kept}." + (f" Not covered: {row.exclusions}" if row.exclusions else "")


def draw_policies(offer_ids: list[Any], policy_id: Any, *, may_change: bool) -> None:
    rows = ask(catalog.my_policies)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption("What a buyer was promised stays with the order in the version of its day.")
        if may_change and st.button("Write new terms", icon=":material/add:", key="policy-add"):
            write(None)
    if not rows:
        empty_state(
            "assignment_return",
            "No terms yet",
            "Say within how many days goods come back, what is kept for restocking, and how long the warranty lasts.",
        )
        return
    for row in rows:
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.markdown(
                    f"**{plain(row.name)}** :gray[version {row.version} · since {plain(words.day(row.valid_from))}"
                    f" · {words.count(row.offers, 'offer')}]"
                )
                if row.policy_id == policy_id:
                    st.badge("Holds for this product", color="green")
            st.text(policy_words(row))
            if may_change:
                with st.container(horizontal=True):
                    if (
                        row.policy_id != policy_id
                        and st.button("Use for this product", key=f"use-{row.policy_id}")
                        and (
                            settle(
                                catalog.assign_policy,
                                policy_id=row.policy_id,
                                offer_ids=offer_ids,
                                done="It holds from now on.",
                            )
                        )
                    ):
                        st.rerun()
                    if st.button("Change", key=f"write-{row.policy_id}"):
                        write(row)


# --- certificates --------------------------------------------------------------------------------


def draw_certificates(product: ProductSheet, *, may_change: bool) -> None:
    rows = ask(catalog.my_certificates, product_id=product.product_id)
    if not rows:
        empty_state(
            "verified",
            "No verified certificate yet",
            "Hand in a certificate on Verification. Once it is verified you can show products with it.",
            ("Verification", "account-verification"),
        )
        return
    table(
        "certificates",
        rows,
        [
            Column("Certificate", lambda row: words.requirement(row.requirement)),
            Column("Number", lambda row: row.number),
            Column("Issued by", lambda row: row.issuer or "–"),
            Column("State", lambda row: "holds" if row.holds else "expired", "state"),
            Column("Until", lambda row: words.day(row.expires_on) if row.expires_on else "Without an end"),
            Column("On this product", lambda row: "Shown" if row.is_tagged and row.holds else "–"),
        ],
        alt="Verified certificates",
    )
    if not (may_change and product.is_mine):
        return
    holding = {row.submission_id: f"{words.requirement(row.requirement)} {row.number}" for row in rows if row.holds}
    chosen = st.multiselect(
        "Show this product with",
        list(holding),
        [row.submission_id for row in rows if row.is_tagged and row.holds],
        format_func=lambda key: holding[key],
        key=f"tags-{product.product_id}",
    )
    st.caption("Buyers see the number, who issued it and until when it holds; it goes by itself when it runs out.")
    if st.button("Save certificates", type="primary", key="save-certificates") and settle(
        catalog.set_certificates, product_id=product.product_id, submission_ids=chosen, done="Saved."
    ):
        st.rerun()
