"""The HTTP API, mounted at /api: routers over the same commands and questions that the screens use."""

from fastapi import FastAPI

from app.api.commands import router as version_1
from app.api.health import router as health


def api() -> FastAPI:
    # The documentation pages of FastAPI load scripts from elsewhere; the description itself is at openapi.json.
    made = FastAPI(title="Wholesale OS", version="0.1.0", docs_url=None, redoc_url=None)
    made.include_router(health)
    made.include_router(version_1)
    return made
