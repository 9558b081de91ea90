"""A person with a session, as the browser's cookie would show it to the screens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from unittest.mock import PropertyMock, patch
from uuid import UUID

from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.context import ContextProxy, StreamlitCookies, StreamlitHeaders
from streamlit.testing.v1 import AppTest

from app import cookies
from domain import identity
from domain.kernel.actor import Actor
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from tests.make.market import PASSWORD

NONCE = "the nonce of this browser"


def session_of(email: str) -> UUID:
    """Sign a person in and pick the session up."""
    ticket = run(Actor.system(), identity.sign_in, email=email, password=PASSWORD, nonce=NONCE, address="test")
    assert ticket is not None
    return run(Actor.system(), identity.redeem_ticket, ticket=ticket.ticket, nonce=NONCE)


def now() -> datetime:
    with begin(Actor.system()) as work:
        return work.now.astimezone(UTC)


def cookie_of(session_id: UUID) -> dict[str, str]:
    return {cookies.session_name(): cookies.token(session_id, now=now()), cookies.nonce_name(): NONCE}


@contextmanager
def browser(held: dict[str, str]) -> Iterator[AppTest]:
    """The screens as a browser with these cookies sees them."""
    with (
        patch.object(ContextProxy, "cookies", PropertyMock(return_value=StreamlitCookies(held))),
        patch.object(ContextProxy, "ip_address", PropertyMock(return_value="192.0.2.1")),
        patch.object(ContextProxy, "headers", PropertyMock(return_value=StreamlitHeaders([]))),
    ):
        at = AppTest.from_file(PROJECT / "app" / "main.py", default_timeout=30)
        at._bidi_component_manager = _components()
        yield at


@cache
def _components() -> BidiComponentManager:
    """What Streamlit's components are: it would read the description of every installed package, for each browser."""
    found = BidiComponentManager()
    found.discover_and_register_components(start_file_watching=False)
    return found


def texts(at: AppTest) -> str:
    """All that a person could read on the screen."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "text", "error", "metric", "badge", "code")
    found = [str(getattr(element, "value", "")) for kind in kinds for element in at.get(kind)]
    found += [frame.value.to_string() for frame in at.dataframe]
    return "\n".join(found)
