"""Members who have lost the second factor and whom no colleague can let in: two people of the platform do."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import empty_state, page_header
from app.parts.lost_factors import draw_waiting
from domain import identity, verification
from domain.identity import LossRow

who, actor = guard()


def seen(row: LossRow) -> None:
    """What the organisation has proved, against which the person's word can be held."""
    proved = ask(verification.proofs_of_owner, org_id=row.org_id)
    if proved:
        said = ", ".join(words.requirement(one) for one in proved)
        st.caption(f":material/verified: {row.org_name} has proved: {said}. Ask for what stands there.")
    else:
        st.warning("This organisation has proved nothing that says whose it is, so nobody can say yes yet.")


page_header("Lost second factors", "Members whom no colleague can let in; it takes two of us and a proof")
rows = ask(identity.lost_factors)
if rows:
    draw_waiting(rows, verification.vouch_for_person, me=actor.user_id, with_organization=True, seen=seen)
else:
    empty_state("key_off", "Nobody waits", "Sole owners who have lost phone and recovery codes appear here.")
