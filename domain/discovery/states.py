"""The words in which sellers say whom they show what."""

from enum import StrEnum


class Audience(StrEnum):
    EVERYBODY = "everybody"
    CHOSEN = "chosen"


class Shown(StrEnum):
    """To whom an offer is shown. A territory is what the seller serves as a distributor, on the day."""

    CUSTOMER = "customer"
    GROUP = "group"
    REGION = "region"
    COUNTRY = "country"
    TERRITORY = "territory"


class DisplayFor(StrEnum):
    ALL = "all"
    GROUP = "group"
    CUSTOMER = "customer"


class Display(StrEnum):
    """What is said of stock: the number, a word, or nothing."""

    EXACT = "exact"
    BUCKET = "bucket"
    HIDDEN = "hidden"
