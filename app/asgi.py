"""The one web process: `uvicorn app.asgi:app` serves the screens, the HTTP API, sign-in routes and health."""

from __future__ import annotations

import gc
import importlib
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from streamlit import config

import domain
from app import activity
from app.api import api
from app.bridge import show_crash
from app.middleware import Doorway
from app.routes import ROUTES
from domain.kernel import log
from domain.kernel.settings import PROJECT, Unusable

# What must stay as it is for the process to be safe (the first four) and fast (the last).
REQUIRED: dict[str, Any] = {
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.enableAgentApi": False,
    "client.showErrorDetails": "none",
    "runner.postScriptGC": False,
}


_FACES = tuple(f"domain.{module.name}" for module in pkgutil.iter_modules(domain.__path__) if module.ispkg)


def check_options() -> None:
    """See that nobody loosened Streamlit's options.

    Raises: Unusable, naming the option.
    """
    for name, wanted in REQUIRED.items():
        found = config.get_option(name)
        if str(found).lower() != str(wanted).lower():
            raise Unusable(f"Streamlit's option {name} is {found!r}; Wholesale OS runs only with {wanted!r}.")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    log.setup("web")
    # What every screen needs sooner or later, so that the first visitor does not wait for it.
    for name in ("pandas", "app.parts", *_FACES):
        importlib.import_module(name)
    # Everything loaded so far stays for good; the collector need not look at it again after each request.
    gc.collect()
    gc.freeze()
    activity.notebook.start()
    yield
    activity.notebook.stop()


app = st.App(
    PROJECT / "app" / "main.py",
    lifespan=lifespan,
    routes=[*ROUTES, Mount("/api", app=api())],
    middleware=[Middleware(Doorway)],
    on_script_error=show_crash,
)
check_options()
