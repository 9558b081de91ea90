"""The words of territories."""

from enum import StrEnum


class Mode(StrEnum):
    """How a distributor serves a region: as an agent of the makers, or buying and selling on its own account."""

    AGENCY = "agency"
    RESALE = "resale"
