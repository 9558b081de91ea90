"""What a program may ask without signing in."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.health import readiness

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str


@router.get("/health")
def health() -> Health:
    """Whether the platform can serve: "ready", "updating" or "database down"."""
    return Health(status=readiness().value)
