"""A real web process on a database of the test's own, and people in a real Chromium."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from domain.kernel.settings import PROJECT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_WITHIN = 60  # seconds
PICTURES = os.environ.get("WHOLESALE_PICTURES")  # a folder that keeps what the journeys saw


@pytest.fixture
def web(fresh_database: str, tmp_path: Path) -> Iterator[str]:
    """The address of a web process that works on this test's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path / "web.log").open("wb")
    command = [sys.executable, "-m", "uvicorn", "app.asgi:app", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log, env=dict(os.environ))
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("The web process did not become ready; its log is in the test's folder.")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # Ended with the file: as long as it runs, its loop is the running one of this thread, and nobody else's may be.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


class Visitor:
    """One person in a browser of his own. Every step fails on an error marker in the page."""

    def __init__(self, page: Page, web: str, name: str) -> None:
        self.page, self.web, self.name, self.seen = page, web, name, 0

    def sign_in(self, email: str, password: str, at: str = "") -> None:
        """Open a screen as a stranger, sign in, and land on it."""
        self.page.goto(f"{self.web}/{at}")
        self.page.get_by_label("E-mail").fill(email)
        self.page.locator("input[type=password]").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.locator("input[type=password]").wait_for(state="detached")
        self.settle()

    def open(self, screen: str) -> None:
        self.page.goto(f"{self.web}/{screen}")
        self.settle()

    def press(self, button: str, *, exact: bool = True) -> None:
        self.page.get_by_role("button", name=button, exact=exact).last.click()
        self.settle()

    def fill(self, label: str, value: str, *, nth: int = 0) -> None:
        box = self.page.get_by_label(label).nth(nth)
        box.fill(value)
        box.press("Tab")
        self.settle()

    def settle(self) -> None:
        """Wait until the screen has been redrawn and is at rest, and see that nothing went wrong."""
        app = self.page.locator("[data-testid=stApp]")
        app.wait_for()
        rest = 0
        until = time.monotonic() + 30
        while rest < 3 and time.monotonic() < until:
            self.page.wait_for_timeout(100)
            idle = app.get_attribute("data-test-script-state") in (None, "notRunning")
            loading = self.page.locator("[data-testid=stSkeleton]").count()
            rest = rest + 1 if idle and not loading else 0
        text = self.text()
        assert "Something went wrong" not in text, text
        assert "Traceback" not in text, text
        if PICTURES:
            self.seen += 1
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(PICTURES) / f"{self.name}-{self.seen:02}.png"))

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def sees(self, *words: str) -> None:
        """These words stand on the screen, whatever the spacing."""
        until = time.monotonic() + 40
        missing = list(words)
        while missing and time.monotonic() < until:
            text = re.sub(r"\s+", " ", self.text())
            missing = [word for word in words if word not in text]
            if missing:
                self.page.wait_for_timeout(200)
        assert not missing, f"{self.name} does not see {missing} in:\n{self.text()}"


@pytest.fixture
def visitor(browser: Browser, web: str) -> Iterator[Callable[[str], Visitor]]:
    """Somebody with a browser of his own: visitor("shop")."""
    contexts = []

    def come(name: str) -> Visitor:
        context = browser.new_context(viewport={"width": 1360, "height": 1000}, locale="en-GB")
        context.set_default_timeout(60_000)  # a machine may do much else
        contexts.append(context)
        return Visitor(context.new_page(), web, name)

    yield come
    for context in contexts:
        context.close()
