"""Territories: the regions of the market, and which distributor serves them, on any day.

Owns regions, the areas that make them up (countries and beginnings of postal codes) and assignments of regions to
distributors, as an agency or for resale. All have days from and to (the last day is out) and are ended, never
rewritten, so that who served a place in the past can be asked again and stays the same; people change nothing
before today. A code belongs to one region on a day, the longest beginning decides; a part of a region that nobody
serves is served by who has the whole. Announces RegionCreated, RegionAreasChanged, TerritoryAssigned and
TerritoryEnded. Relies on identity. Refuses overlaps: of codes, and of a region that somebody has alone.
"""

from domain.territories.commands import (
    Area,
    Overlap,
    assign_territory,
    create_region,
    end_assignment,
    parse_areas,
    set_region_areas,
)
from domain.territories.queries import assignments, my_territories, places, region_of, regions, who_serves
from domain.territories.states import Mode
from domain.territories.views import (
    AreaRow,
    AssignmentRow,
    PlaceRow,
    RegionName,
    RegionRow,
    ServingRow,
    TerritoryRow,
)

__all__ = [
    "Area",
    "AreaRow",
    "AssignmentRow",
    "Mode",
    "Overlap",
    "PlaceRow",
    "RegionName",
    "RegionRow",
    "ServingRow",
    "TerritoryRow",
    "assign_territory",
    "assignments",
    "create_region",
    "end_assignment",
    "my_territories",
    "parse_areas",
    "places",
    "region_of",
    "regions",
    "set_region_areas",
    "who_serves",
]
