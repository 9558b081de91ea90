"""What the tests of the ways in share: the web process, started once."""

from collections.abc import Iterator
from typing import NoReturn

import pytest
from starlette.testclient import TestClient

from app import activity, asgi


@pytest.fixture(scope="session")
def web() -> Iterator[TestClient]:
    # One start for all tests: the runtime of the screens is made once a process, and a second start would wait for it
    # for ever. Its thread that writes down activity stays out, see `_nobody_writes_beside`.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(activity.notebook, "start", lambda: None)
        with TestClient(asgi.app, follow_redirects=False, base_url="http://127.0.0.1:8501") as made:  # type: ignore[arg-type]
            yield made


@pytest.fixture(scope="session", autouse=True)
def _only_web_starts_the_runtime() -> Iterator[None]:
    """A client of its own would start the runtime too, and whoever asks for `web` after it in this worker would hang."""

    async def refuse(_: asgi.st.App) -> NoReturn:
        raise AssertionError("Ask the web process through the fixture `web`, not through a client of your own.")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asgi.st.App, "_auto_start_runtime", refuse)
        yield
