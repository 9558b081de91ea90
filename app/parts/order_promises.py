"""What was promised with the goods of an order: warranty and returns in the version of its day, and the grade."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import words
from app.bridge import ask
from app.parts.product_rules import policy_words
from app.parts.text import plain
from domain import catalog
from domain.orders import OrderLineRow


def draw_promises(lines: Sequence[OrderLineRow]) -> None:
    """Folded, below the lines; nothing where nothing was promised."""
    held = {line.policy_id for line in lines if line.policy_id is not None}
    graded = [line for line in lines if line.grade]
    if not held and not graded:
        return
    label = "Warranty, returns and grade"
    with st.expander(label, icon=":material/assignment_return:", key="promises", on_change="rerun") as part:
        if not part.open:
            return
        found = ask(catalog.policies, policy_ids=sorted(held)) if held else {}
        for policy_id, policy in found.items():
            of = [line.sku for line in lines if line.policy_id == policy_id]
            which = "all lines" if len(of) == len(lines) else ", ".join(of)
            st.markdown(f"**{plain(policy.name)}**, version {policy.version} of {plain(words.day(policy.valid_from))}"
                        f" :gray[· {plain(which)}]  \n{plain(policy_words(policy))}")  # fmt: skip
        if graded:
            st.markdown("Ordered by grade: " + plain(", ".join(f"{line.sku} {line.grade}" for line in graded)))
        st.caption("As it was when the order was placed; later changes do not touch it.")
