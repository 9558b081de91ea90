"""My prices: lists of all products, what customers and groups get off, promotions, wishes, and what one would pay."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, confirm, empty_state, page_header, paged_table, plain, section, status
from app.parts.filters import search_box, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from app.parts.prices import amount_of, draw_reasons, ladder_words, midnight
from domain import catalog, pricing
from domain.identity import Permission
from domain.pricing import PricedOffer, PriceRequestRow, RuleKind, RuleRow, Scope, Step

who, actor = guard()
may_change = actor.may(Permission.MANAGE_PRICES)
may_ask = actor.may(Permission.ASK_PRICES)
may_decide = actor.may(Permission.PRICE_BELOW_FLOOR)
EVERYBODY = "everybody"
MANY = 5000


# --- dialogs -------------------------------------------------------------------------------------


@guarded_dialog("Change many prices", width="medium")
def change_many(found: str) -> None:
    offers, total = ask(pricing.my_price_lists, find=found, size=MANY)
    offers = [row for row in offers if row.prices]
    named = f"that match “{found}”" if found else "that you sell"
    st.markdown(f"All **{words.number(len(offers))}** products {plain(named)}; search before to choose others.")
    if total > MANY:
        st.warning(f"There are {words.number(total)}; the first {words.number(MANY)} by name are changed.")
    typed = st.text_input("Change in %", "5", help="Above 0 raises, below 0 lowers: -3.5", key="many-percent")
    percent = amount_of(typed, "The change")
    if percent is None or not offers:
        return
    ids = [row.offer_id for row in offers]
    preview = ask(catalog.changed_ladders, offer_ids=ids, percent=percent)
    with st.container(border=True, gap="xsmall"):
        for row in offers[:6]:
            before, after = preview[row.offer_id]
            st.markdown(
                f":small[{plain(row.name)}  \n:gray[{plain(_ladder(before, row.currency))}] → "
                f"**{plain(_ladder(after, row.currency))}**]"
            )
        if len(offers) > 6:
            st.caption(f"and {words.number(len(offers) - 6)} more, with as many decimals as each price has now")
    if st.button("Change prices", type="primary", key=once("many")) and settle(
        catalog.change_prices, request="many", offer_ids=ids, percent=percent,
        done=f"{words.count(len(ids), 'price list')} changed; it holds from now on.",
    ):  # fmt: skip
        st.rerun()


def _ladder(tiers: list[catalog.Tier], currency: str) -> str:
    return ladder_words([t.minimum_quantity for t in tiers], [t.unit_price for t in tiers], currency)


@guarded_dialog("Customer group")
def edit_group(group: pricing.GroupRow | None) -> None:
    customers = {row.customer_id: row.name for row in ask(pricing.my_customers)}
    members = [row.customer_id for row in group.members] if group else []
    key = f"group-{group.group_id}" if group else "group"
    with st.form(once(key), border=False):
        name = st.text_input("Name", group.name if group else "", max_chars=80, disabled=group is not None)
        chosen = st.multiselect(
            "Who is in it", list(customers), members, format_func=lambda each: customers.get(each, "A customer"),
            help="Whoever has ordered from you. A change holds from now on; orders keep their prices.",
        )  # fmt: skip
        if not st.form_submit_button("Save", type="primary"):
            return
        if group is None:
            is_done = settle(pricing.open_group, request=key, name=name or "", customer_ids=chosen, done="Group saved.")
        else:
            is_done = settle(
                pricing.set_group_members, group_id=group.group_id, customer_ids=chosen, done="Group saved."
            )
        if is_done:
            st.rerun()


@guarded_dialog("New rule", width="medium")
def new_rule(step: Step) -> None:
    is_promotion = step is Step.PROMOTION
    groups = {str(row.group_id): f"Group {row.name}" for row in ask(pricing.my_groups)}
    customers = {} if is_promotion else {str(row.customer_id): row.name for row in ask(pricing.my_customers)}
    whom = ({EVERYBODY: "Everybody"} if is_promotion else {}) | groups | customers
    if not whom:
        st.info("A rule is for a customer group or for somebody who has ordered from you. There is neither yet.")
        return
    key = f"rule-{step.value}"
    title = st.text_input(
        "Title", max_chars=80, key=f"{key}-title", placeholder="Spring offer" if is_promotion else "Loyal customers",
        help="Buyers read it as the reason of their price.",
    )  # fmt: skip
    one, two = st.columns(2)
    target = one.selectbox("For whom", list(whom), format_func=whom.__getitem__, key=f"{key}-whom")
    kinds = {"percent": "Percent off", "amount": "Amount off each unit"}
    kinds |= {} if is_promotion else {"fixed": "Fixed price"}
    kind = one.selectbox("What", list(kinds), format_func=kinds.__getitem__, key=f"{key}-kind")
    unit = "%" if kind == "percent" else who.currency
    typed = two.text_input(f"How much ({unit})", key=f"{key}-value", placeholder="5" if unit == "%" else "9.50")
    offers, _ = ask(pricing.my_price_lists, size=1000)
    names = {row.offer_id: f"{row.name} · {row.sku}" for row in offers}
    tree = {row.category_id: row.name for row in ask(catalog.categories)} if kind != "fixed" else {}
    scopes = {} if kind == "fixed" else {"all": "All my products", "category": "A category"}
    scopes["offers"] = "Chosen products"
    scope = two.selectbox("On what", list(scopes), format_func=scopes.__getitem__, key=f"{key}-scope")
    category, chosen = None, []
    if scope == "category":
        category = st.selectbox("Category", list(tree), format_func=lambda each: tree[each], key=f"{key}-category")
    elif scope == "offers":
        chosen = st.multiselect("Products", list(names), format_func=lambda each: names[each], key=f"{key}-offers")
    least = one.number_input("From quantity", 1, value=1, step=1, key=f"{key}-least")
    this_day = today(who.time_zone)
    first = two.date_input("First day", this_day, min_value=this_day, key=f"{key}-first")
    last = one.date_input("Last day (optional)", None, min_value=this_day, key=f"{key}-last")
    money, units = None, None
    if is_promotion:
        money = two.text_input(
            f"Budget in {who.currency} (optional)", key=f"{key}-money", help="What is taken off, in all. When less is "
            "left than a line would take, the line costs its usual price.",
        )  # fmt: skip
        units = one.number_input("Budget in units (optional)", 1, value=None, step=1, key=f"{key}-units")
    if not st.button("Save", type="primary", key=once(key)):
        return
    value = amount_of(typed, "The figure")
    budget = amount_of(money, "The budget") if (money or "").strip() else None
    if value is None or (budget is None and (money or "").strip()):
        return
    facts: dict[str, Any] = {
        "step": step, "kind": RuleKind(str(kind)), "title": title or "", "scope": Scope(str(scope)),
        "category_id": category, "offer_ids": chosen, "minimum_quantity": int(least),
        "group_id": target if target in groups else None, "customer_id": target if target in customers else None,
        "starts_at": None if first <= this_day else midnight(first, who.time_zone),
        "ends_at": midnight(last + timedelta(days=1), who.time_zone) if last else None,
        "percent": value if kind == "percent" else None, "amount": value if kind == "amount" else None,
        "currency": who.currency if kind == "amount" or budget is not None else None,
        "fixed_prices": {each: [(int(least), value)] for each in chosen} if kind == "fixed" else None,
        "budget_amount": budget, "budget_units": int(units) if units else None,
    }  # fmt: skip
    if settle(pricing.make_rule, request=key, done="Saved.", **facts):
        st.rerun()


@guarded_dialog("Ask for a price below the floor")
def ask_price() -> None:
    customers = {row.customer_id: row.name for row in ask(pricing.my_customers)}
    offers, _ = ask(pricing.my_price_lists, size=1000)
    names = {row.offer_id: f"{row.name} · {row.sku}" for row in offers}
    if not customers or not names:
        st.info("A price is asked for a product of yours and a customer who has ordered before. There is none yet.")
        return
    with st.form(once("ask-price"), border=False):
        customer = st.selectbox("Customer", list(customers), format_func=lambda each: customers[each])
        offer_id = st.selectbox("Product", list(names), format_func=lambda each: names[each])
        one, two = st.columns(2)
        typed = one.text_input(f"Price each in {who.currency}", placeholder="7.90")
        least = two.number_input("From quantity", 1, value=1, step=1)
        this_day = today(who.time_zone)
        last = one.date_input("Until", this_day + timedelta(days=30), min_value=this_day)
        reason = st.text_area("Why", max_chars=500, height=80)
        if not st.form_submit_button("Ask", type="primary"):
            return
        price = amount_of(typed, "The price")
        if price is not None and settle(
            pricing.ask_price, request="ask-price", offer_id=offer_id, customer_id=customer, unit_price=price,
            minimum_quantity=int(least), ends_at=midnight(last + timedelta(days=1), who.time_zone),
            reason=reason or "", done="Asked; whoever may decide sees it here.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Decide")
def decide(row: PriceRequestRow) -> None:
    floor = f", the floor is {words.unit_price(row.floor, row.currency)}" if row.floor is not None else ""
    st.markdown(
        f"{plain(row.asked_by or 'A colleague')} asks for **{plain(words.unit_price(row.unit_price, row.currency))}** "
        f"each for {plain(row.customer)} · {plain(row.sku)}, from {words.number(row.minimum_quantity)} on, until "
        f"{plain(words.day(row.ends_at))}{plain(floor)}."
    )
    st.caption(plain(row.reason))
    answer = st.text_area("Answer (a reason is needed for a no)", max_chars=500, height=80, key="decide-answer")
    with st.container(horizontal=True):
        for label, approve in (("Give this price", True), ("Say no", False)):
            if st.button(label, type="primary" if approve else "secondary", key=f"decide-{approve}") and settle(
                pricing.decide_price_request, price_request_id=row.price_request_id, approve=approve,
                answer=answer or "", done="Decided.",
            ):  # fmt: skip
                st.rerun()


# --- views ---------------------------------------------------------------------------------------


def draw_lists() -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        find = search_box("prices", "Product or SKU")
        if may_change and st.button("Change many prices", icon=":material/percent:"):
            change_many(find)
    columns = [
        Column("SKU", lambda row: row.sku, "open"),
        Column("Product", lambda row: row.name, width="medium"),
        Column("Prices", lambda row: ladder_words(row.quantities, row.prices, row.currency), width=310,
               first=True),
        Column("Planned", lambda row: words.count(row.planned, "list") if row.planned else "–"),
        Column("Floor", lambda row: words.unit_price(row.floor, row.currency), "right"),
        Column("State", lambda row: row.state, "state"),
    ]

    def open_one(row: PricedOffer) -> None:
        go("manufacturer-price", offer=row.offer_id)

    paged_table(
        "prices", lambda page, size: ask(pricing.my_price_lists, find=find, page=page, size=size), columns,
        on_open=open_one, alt="Price lists",
        empty=lambda: empty_state("sell", "No product fits" if find else "No products yet",
                                  "Clear the search." if find else "Add products first; each has a price list."),
        hint="Open a product to change its prices, plan them for a day, or see how they went.",
    )  # fmt: skip


def for_whom(row: RuleRow) -> str:
    return row.for_whom or "Everybody"


def taken_off(row: RuleRow) -> str:
    if row.percent is not None:
        return f"−{row.percent.normalize():f} %"
    if row.amount is not None:
        return f"−{words.unit_price(row.amount, row.currency or who.currency)} each"
    return "Fixed prices"


def on_what(row: RuleRow) -> str:
    what = {"all": "all products", "category": row.category or "a category"}.get(row.scope, "")
    what = what or words.count(row.offers, "product")
    return what if row.minimum_quantity == 1 else f"{what}, from {words.number(row.minimum_quantity)} on"


def days_of(row: RuleRow) -> str:
    last = words.day(row.ends_at - timedelta(seconds=1)) if row.ends_at else "open end"
    return f"{words.day(row.starts_at)} – {last}"


def draw_rule(row: RuleRow) -> None:
    with st.container(border=True, gap="xsmall", key=f"rule-{row.rule_id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{plain(row.title)}** · {plain(taken_off(row))}", width="content")
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                status(row.state)
                if may_change and row.state != "ended" and st.button("End", key=f"end-{row.rule_id}"):
                    confirm(
                        "End this now?", "Orders that were placed keep their prices.", "End it",
                        lambda: settle(pricing.end_rule, rule_id=row.rule_id, done="Ended."),
                    )  # fmt: skip
        st.caption(plain(f"{for_whom(row)} · {on_what(row)} · {days_of(row)}"))
        if row.step == Step.PROMOTION:
            draw_budget(row)


def draw_budget(row: RuleRow) -> None:
    currency = row.currency or who.currency
    sold = f"{words.count(row.orders, 'order')}, {words.count(row.units_sold, 'unit')}"
    meters: list[tuple[Decimal, str]] = []
    if row.amount_limit is not None:
        spent = row.amount_spent or Decimal(0)
        said = f"{words.money(spent, currency)} of {words.money(row.amount_limit, currency)} given"
        meters.append((spent / row.amount_limit, said))
    if row.unit_limit is not None:
        meters.append((
            Decimal(row.units_spent or 0) / row.unit_limit,
            f"{words.number(row.units_spent or 0)} of {words.count(row.unit_limit, 'unit')} sold under it",
        ))  # fmt: skip
    for place, (share, said) in enumerate(meters):
        st.progress(float(share), plain(said if place else f"{said} · {sold}"))
    if not meters:
        st.caption(plain(f"No budget · {sold}"))


def draw_customers() -> None:
    groups = ask(pricing.my_groups)
    left, right = st.columns([1, 1.5], gap="medium")
    with left:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            section("Groups")
            if may_change and st.button("Add a group", icon=":material/group_add:"):
                edit_group(None)
        if not groups:
            st.caption("Put customers into a group to give them all the same terms.")
        for group in groups:
            draw_group(group)
    with right:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            section("Rules", help="Of all rules that fit a customer the best one holds, never two.")
            if may_change and st.button("Add a rule", type="primary", icon=":material/add:"):
                new_rule(Step.CUSTOMER)
        draw_rules(Step.CUSTOMER, "Everybody pays the list price.")


def draw_group(group: pricing.GroupRow) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{plain(group.name)}**", width="content")
            if may_change:
                with st.container(horizontal=True, width="content"):
                    if st.button("Edit", key=f"edit-{group.group_id}"):
                        edit_group(group)
                    if st.button("Close", key=f"close-{group.group_id}", type="tertiary"):
                        confirm(
                            "Close this group?", "Its rules then hold for nobody.", "Close it",
                            lambda: settle(pricing.close_group, group_id=group.group_id, done="Closed."), is_grave=True,
                        )  # fmt: skip
        names = [row.name for row in group.members]
        st.caption(plain(", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")) or "Nobody")


def draw_rules(step: Step, nothing: str) -> None:
    rules = ask(pricing.my_rules, step=step.value, with_ended=True)
    if not rules:
        st.caption(nothing)
    for row in rules[:50]:
        draw_rule(row)


def draw_promotions() -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption("Of all promotions that fit the best one holds, after the customer's own price.", width="content")
        if may_change and st.button("Add a promotion", type="primary", icon=":material/add:"):
            new_rule(Step.PROMOTION)
    draw_rules(Step.PROMOTION, "No promotion yet. Give everybody, or a group, something off for some days.")


def draw_requests() -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption("Prices below the floor, for one customer. Managers give up to 5 % below it, the owner any.",
                   width="content")  # fmt: skip
        if st.button("Ask for a price", type="primary", icon=":material/add:"):
            ask_price()
    rows = ask(pricing.price_requests)
    if not rows:
        empty_state("request_quote", "Nothing is asked for", "Prices that somebody wants to give below the floor.")
    for row in rows:
        with st.container(border=True, gap="xsmall", key=f"request-{row.price_request_id}"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                price = words.unit_price(row.unit_price, row.currency)
                st.markdown(f"**{plain(price)}** for {plain(row.customer)} · {plain(row.sku)}", width="content")
                with st.container(horizontal=True, vertical_alignment="center", width="content"):
                    status(row.state)
                    is_mine_to_decide = may_decide and row.state == "waiting" and not row.is_mine
                    if is_mine_to_decide and st.button("Decide", key=f"decide-{row.price_request_id}"):
                        decide(row)
            floor = f"floor {words.unit_price(row.floor, row.currency)} · " if row.floor is not None else ""
            st.caption(
                plain(
                    f"{floor}from {words.number(row.minimum_quantity)} on, until {words.day(row.ends_at)} · asked by "
                    f"{row.asked_by or 'a colleague'} {words.day(row.asked_at)}: {row.reason}"
                )
            )
            if row.decided_at:
                answer = f": {row.answer}" if row.answer else ""
                st.caption(plain(f"Decided by {row.decided_by or 'a colleague'} {words.day(row.decided_at)}{answer}"))


def draw_try() -> None:
    offers, _ = ask(pricing.my_price_lists, size=1000)
    if not offers:
        empty_state("sell", "No products yet", "Add products first; then see here what a customer would pay.")
        return
    names = {row.offer_id: f"{row.name} · {row.sku}" for row in offers}
    customers = {None: "Somebody new"} | {row.customer_id: row.name for row in ask(pricing.my_customers)}
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        offer_id = st.selectbox("Product", list(names), format_func=lambda each: names[each], key="try-offer")
        customer = st.selectbox("Customer", list(customers), format_func=lambda each: customers[each], key="try-whom")
        least = next(row.minimum_quantity for row in offers if row.offer_id == offer_id)
        quantity = int(st.number_input("Quantity", 1, value=least, step=1, key=f"try-quantity-{offer_id}"))
        this_day = today(who.time_zone)
        day = st.date_input("On", this_day, key="try-day", help="A day that was, or one that is planned.")
    at: datetime | None = None if day == this_day else midnight(day, who.time_zone)
    wanted = pricing.Ask(customer, offer_id, quantity)
    price = ask(pricing.resolve_many, asks=[wanted], at=at).get(wanted)
    with right, st.container(border=True):
        if price is None:
            st.markdown("**There was no price on that day.**")
            return
        section(words.unit_price(price.unit_price, price.currency) + " each")
        draw_reasons(price.trace, price.currency)
        if price.hint and price.hint[1] > 0:
            more, saved = price.hint
            st.caption(
                plain(f"Next break: {words.number(more)} more save {words.money(round(saved, 2), price.currency)}.")
            )


VIEWS = {"lists": "Price lists", "customers": "Customers", "promotions": "Promotions"}
VIEWS |= {"requests": "Below the floor"} if may_ask else {}
VIEWS |= {"try": "Try a price"}
DRAWN = {
    "lists": draw_lists, "customers": draw_customers, "promotions": draw_promotions, "requests": draw_requests,
    "try": draw_try,
}  # fmt: skip
page_header("Prices", "Lists, customers' terms and promotions; every price says why it is what it is")
DRAWN[tabs_of("prices", VIEWS)]()
