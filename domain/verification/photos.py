"""Photographs as evidence: when and where they say that they were taken, and whether others have shown them before."""

from collections.abc import Sequence
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from domain.identity import Permission
from domain.kernel.work import Work

ALIKE_BITS = 6  # of 64: the same photograph, saved smaller or lighter
EARTH_KM = 6371.0


class LikePhoto(BaseModel):
    """A photograph of another organisation that looks the same."""

    model_config = ConfigDict(frozen=True)

    file_id: UUID
    org_id: UUID
    organization: str
    stored_at: datetime
    bits_apart: int


class PhotoSheet(BaseModel):
    """One photograph: what it says of itself, and who else has shown it. What it does not say is empty."""

    model_config = ConfigDict(frozen=True)

    file_id: UUID
    width: int | None
    height: int | None
    taken_at: datetime | None  # by the camera's clock, which knows no zone
    latitude: float | None
    longitude: float | None
    camera: str | None
    software: str | None
    shown_by_others: tuple[LikePhoto, ...]


_LIKE = text("""
    select mine.id as of_file, f.id as file_id, f.org_id, o.name as organization, f.stored_at,
        bit_count(cast('x' || (f.facts ->> 'likeness') as bit(64))
                  # cast('x' || (mine.facts ->> 'likeness') as bit(64))) as bits_apart
    from files mine join files f on f.org_id <> mine.org_id and f.facts ? 'likeness' and not f.is_public
    join organizations o on o.id = f.org_id
    where mine.id = any(:ids) and mine.facts ? 'likeness'
    and bit_count(cast('x' || (f.facts ->> 'likeness') as bit(64))
                  # cast('x' || (mine.facts ->> 'likeness') as bit(64))) <= :most
    order by bits_apart, f.stored_at
""")


def photo_sheets(work: Work, *, file_ids: Sequence[UUID]) -> list[PhotoSheet]:
    """What is known of these photographs, for those who decide; what is no picture is left out."""
    work.actor.require(Permission.DECIDE_VERIFICATION)
    work.actor.require_staff()
    rows = work.session.execute(
        text("select id, facts from files where id = any(:ids) and media_type like 'image/%' order by stored_at, id"),
        {"ids": list(file_ids)},
    ).all()
    likes: dict[UUID, list[LikePhoto]] = {}
    for row in work.session.execute(_LIKE, {"ids": list(file_ids), "most": ALIKE_BITS}):
        found = row._asdict()
        likes.setdefault(found.pop("of_file"), []).append(LikePhoto.model_validate(found))
    return [
        PhotoSheet(
            file_id=row.id, shown_by_others=tuple(likes.get(row.id, ())),
            **{
                name: row.facts.get(name)
                for name in PhotoSheet.model_fields
                if name not in ("file_id", "shown_by_others")
            },
        )
        for row in rows
    ]  # fmt: skip


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The way between two places over the globe, in kilometres (haversine)."""
    here, there = radians(latitude), radians(other_latitude)
    across = sin((there - here) / 2) ** 2
    across += cos(here) * cos(there) * sin(radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(across))
