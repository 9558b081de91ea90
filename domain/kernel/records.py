"""The base of all tables: schema, naming convention and the column types of the house."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from domain.kernel.ids import new_id

SCHEMA = "market"

Id = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=new_id)]
Key = Annotated[UUID, mapped_column(Uuid)]
Amount = Annotated[Decimal, mapped_column(Numeric(19, 4))]
UnitPrice = Annotated[Decimal, mapped_column(Numeric(19, 6))]
ExactValue = Annotated[Decimal, mapped_column(Numeric(22, 6))]
Rate = Annotated[Decimal, mapped_column(Numeric(7, 6))]
Quantity = Annotated[int, mapped_column(BigInteger)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
Currency = Annotated[str, mapped_column(Text)]


class Record(DeclarativeBase):
    metadata = MetaData(
        schema=SCHEMA,
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        },
    )
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), int: BigInteger, UUID: Uuid}


def one_of(column: str, values: Any) -> CheckConstraint:
    """The column holds one of these words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({words})", name=column)


def settled(*columns: str, currency: str = "currency") -> list[CheckConstraint]:
    """The amounts are exact in the currency's minor unit and of a sane size (never NaN)."""
    return [CheckConstraint(f"is_settled({column}, {currency})", name=f"{column}_settled") for column in columns]
