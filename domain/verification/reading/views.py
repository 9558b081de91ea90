"""What is read from a paper, what it is compared with, and what comes of it."""

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Paper(StrEnum):
    REGISTRATION_EXTRACT = "registration_extract"
    TAX_CERTIFICATE = "tax_certificate"
    PROOF_OF_ADDRESS = "proof_of_address"
    BANK_STATEMENT = "bank_statement"
    IDENTITY_CARD = "identity_card"
    ISO_CERTIFICATE = "iso_certificate"
    FACTORY_PHOTO = "factory_photo"
    OTHER = "other"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Expected(_Value):
    """What the organisation has told of itself, and the day on which the paper is judged."""

    name: str
    country: str  # ISO 3166, two letters
    today: date
    registration_number: str | None = None
    tax_number: str | None = None
    address: str | None = None  # street, postcode and city in one line
    iban: str | None = None


class Line(_Value):
    """One piece of text where it stands: in points from the upper left corner of its page."""

    text: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    confidence: float = 1.0
    fonts: tuple[str, ...] = ()


class Reading(_Value):
    """All that is known of a file without knowing whose it is meant to be."""

    media_type: str
    pages: int
    source: Literal["text", "picture", "nothing"]
    lines: tuple[Line, ...]  # the text layer, or what was recognised where there is none
    seen: tuple[Line, ...] = ()  # what the rendered pages show, where the lines come from a text layer
    signs: tuple[str, ...] = ()  # signs of alteration, each a sentence
    made_on: date | None = None  # the day on which the file says that it was made


class Found(_Value):
    value: str
    confidence: float


class Verdict(_Value):
    outcome: Literal["pass", "review"]
    reasons: tuple[str, ...]  # why a person has to look; empty when it passes
    fields: dict[str, Found]
