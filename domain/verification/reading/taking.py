"""Taking a file apart."""

from domain.verification.reading.views import Reading


def read(content: bytes, media_type: str) -> Reading:
    """Read a file. It takes seconds; the worker calls it."""
    return Reading(media_type=media_type, pages=1, source="nothing", lines=())
