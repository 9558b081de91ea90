"""Sign-on at another provider, in a browser: the demo's provider, a deep link, and somebody whom nobody knows."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from app.oidc_provider import Account, Client, provider_app
from domain.identity import OrgKind
from domain.kernel.settings import PROJECT, settings
from tests.browser.conftest import _wait_until_ready
from tests.make.market import company

pytestmark = pytest.mark.browser_required


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def provider(port: int, back: str, accounts: list[Account]) -> Iterator[str]:
    issuer = f"http://127.0.0.1:{port}"
    app = provider_app(issuer, Client("wholesale", "a secret of the two", frozenset({back})), lambda: accounts)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield issuer
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def known(fresh_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a web process with a provider beside it, and the e-mail of somebody whom both know."""
    shop = company(OrgKind.RETAILER, "Corner Shop")
    [email] = shop.emails.values()
    port, other = free_port(), free_port()
    address = f"http://127.0.0.1:{port}"
    accounts = [Account("1", email, "The owner"), Account("2", "stranger@nowhere.example", "A stranger")]
    with provider(other, f"{address}/auth/oidc/house/callback", accounts) as issuer:
        house = {"label": "House", "issuer": issuer, "client_id": "wholesale", "client_secret": "a secret of the two"}
        monkeypatch.setenv("WHOLESALE_SIGN_ON", json.dumps({"house": house}))
        monkeypatch.setenv("WHOLESALE_PUBLIC_URL", address)
        with (tmp_path / "web.log").open("wb") as log:
            command = [sys.executable, "-m", "uvicorn", "app.asgi:app", "--host", "127.0.0.1", "--port", str(port)]
            process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log, env=dict(os.environ))
            try:
                _wait_until_ready(address, process)
                yield address, email
            finally:
                process.terminate()
                process.wait(20)
    settings.cache_clear()


def test_somebody_comes_in_by_another_provider_and_a_stranger_does_not(known, browser):
    address, email = known
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/account-profile")
    page.get_by_role("button", name="Continue with House").click()
    page.get_by_role("button", name="stranger@nowhere.example").click()
    page.get_by_text("We do not know this account").wait_for()
    page.goto(f"{address}/account-profile")
    page.get_by_role("button", name="Continue with House").click()
    page.get_by_role("button", name=email).click()
    page.get_by_role("heading", name="Profile").wait_for()
    assert page.url == f"{address}/account-profile"
    page.get_by_role("heading", name="Sign-on elsewhere").wait_for()
    assert page.locator('[class*="st-key-screen-error"]').count() == 0
    page.reload()
    page.get_by_role("heading", name="Profile").wait_for()
