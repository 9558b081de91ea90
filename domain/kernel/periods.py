"""Half-open ranges of days: `first` is in, `end` is not."""

from dataclasses import dataclass
from datetime import date, timedelta

from domain.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.first:
            raise Invalid(f"The period ends on {self.end}, before it starts on {self.first}.")

    def __contains__(self, day: date) -> bool:
        return self.first <= day < self.end

    @property
    def days(self) -> int:
        return (self.end - self.first).days

    def before(self) -> "Period":
        """The period of the same length that ends where this one starts."""
        return Period(self.first - timedelta(days=self.days), self.first)
