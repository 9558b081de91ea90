"""What stands in the files of `dbt_project/metrics`, read strictly: an unknown word is an error."""

from collections import Counter
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.kernel.settings import PROJECT
from domain.reports import DIMENSIONS, Grain, Unit

FOLDER = PROJECT / "dbt_project" / "metrics"

class WrongRegistry(Exception):
    """The declared metrics do not fit together, or do not fit the tables."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Strict):
    """How rows become a number: exactly one of the ways, over the rows for which `where` holds."""

    sum: str | None = None
    count: bool = False
    distinct: str | None = None
    average: str | None = None
    median: str | None = None
    elapsed: Literal["days", "months"] | None = None  # those of the period that have begun
    said: str | None = None  # an aggregate in SQL's own words
    where: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Measure":
        ways = [self.sum, self.count or None, self.distinct, self.average, self.median, self.elapsed, self.said]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("a measure is a sum, a count, distinct, an average, a median, elapsed or said")
        return self


class Source(_Strict):
    """Rows that metrics count: one mart, read by the days that a period reaches for."""

    name: str
    model: str
    day: str = "day_on"
    first: str = "b.first_on"  # the first day that is read for a period, and the day after the last
    end: str = "b.end_on"
    currency: str | None = None  # the column that says in which currency a row is
    buyer: str | None = None  # the columns that say whose a row is; without them only staff may ask
    seller: str | None = None
    known_until: str | None = None  # the column with the last day that is fully known of the row's subject
    dimensions: dict[str, str] = Field(default_factory=dict)
    per: str | None = None  # rows are first gathered by this column
    each: dict[str, Measure] = Field(default_factory=dict)
    is_judged_in_all: bool = Field(default=False, alias="judged_in_all")  # `<each>_in_all` counts all currencies
    rows: dict[str, str] = Field(default_factory=dict)  # the columns that people see of a row
    order: str | None = None  # of these rows; the newest day first when left out


class Metric(_Strict):
    name: str
    label: str
    group: str
    definition: str
    formula: str
    owner: str
    good: Literal["up", "down", "neutral"]
    grain: str
    unit: Unit
    version: int = 1
    sources: tuple[str, ...] = Field(default=(), alias="from")  # the first that knows all that is asked for
    numerator: Measure | None = None
    denominator: Measure | None = None
    dimensions: tuple[str, ...] = ()
    is_additive: bool = Field(default=False, alias="additive")
    is_by_currency: bool = Field(default=False, alias="by_currency")  # a quotient of money
    finest: Grain = Grain.DAY
    is_whole: bool = Field(default=False, alias="whole")  # calendar units are never cut at the ends of what is asked
    matures_days: int = 0  # a row counts once so many days after it are known
    growth_of: str | None = None
    is_growth: bool = Field(default=False, alias="growth")  # numerator / denominator - 1
    not_collected: str | None = None

    @model_validator(mode="after")
    def _told_whole(self) -> "Metric":
        if self.not_collected is not None:
            if self.sources or self.numerator or self.growth_of:
                raise ValueError("what is not collected has no SQL")
            if not self.not_collected.startswith("Not collected yet: "):
                raise ValueError("the sentence starts with Not collected yet")
        elif (self.numerator is None or not self.sources) == (self.growth_of is None):
            raise ValueError("a metric is counted from a source, or is the growth of another")
        if set(self.dimensions) - set(DIMENSIONS):
            raise ValueError(f"no such dimension: {set(self.dimensions) - set(DIMENSIONS)}")
        return self


class Dimension(_Strict):
    """Where the members of a dimension are found: a source, the key and what people read."""

    name: str
    source: str = Field(alias="from")
    key: str
    words: str


class Cohorts(_Strict):
    """Where the months of trade of a cohort's organisations are found."""

    model: str


class File(_Strict):
    sources: tuple[Source, ...] = ()
    metrics: tuple[Metric, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    cohorts: Cohorts | None = None


class Declared(_Strict):
    sources: tuple[Source, ...]
    metrics: tuple[Metric, ...]
    dimensions: tuple[Dimension, ...]
    cohorts: Cohorts | None

    def source(self, name: str) -> Source:
        return next(source for source in self.sources if source.name == name)

    def metric(self, name: str) -> Metric:
        return next(metric for metric in self.metrics if metric.name == name)


def read_registry(folder: Path = FOLDER) -> Declared:
    """All files of a folder as one registry. Raises `WrongRegistry`, naming the file or the metric."""
    files = []
    for path in sorted(folder.glob("*.yml")):
        try:
            files.append(File.model_validate(yaml.safe_load(path.read_text())))
        except (ValidationError, yaml.YAMLError) as problem:
            raise WrongRegistry(f"{path.name}: {problem}") from problem
    declared = Declared(
        sources=tuple(source for file in files for source in file.sources),
        metrics=tuple(metric for file in files for metric in file.metrics),
        dimensions=tuple(dimension for file in files for dimension in file.dimensions),
        cohorts=next((file.cohorts for file in files if file.cohorts), None),
    )
    _fit(declared)
    return declared


def _fit(declared: Declared) -> None:
    """Names are unique, and what one declaration says of another is there."""
    for kind in (declared.sources, declared.metrics, declared.dimensions):
        twice = [name for name, times in Counter(one.name for one in kind).items() if times > 1]
        if twice:
            raise WrongRegistry(f"{twice[0]} is declared twice.")
    sources = {source.name: source for source in declared.sources}
    metrics = {metric.name: metric for metric in declared.metrics}
    members = {dimension.name for dimension in declared.dimensions}
    homeless = [dimension.name for dimension in declared.dimensions if dimension.source not in sources]
    if homeless:
        raise WrongRegistry(f"{homeless[0]} has its members in a source that is not declared.")
    for metric in declared.metrics:
        if metric.growth_of is not None and metrics.get(metric.growth_of, metric).growth_of is not None:
            raise WrongRegistry(f"{metric.name} is the growth of {metric.growth_of}, which is not counted.")
        for name in metric.sources:
            if name not in sources:
                raise WrongRegistry(f"{metric.name} is counted from {name}, which is not declared.")
            if metric.matures_days and sources[name].known_until is None:
                raise WrongRegistry(f"{metric.name} matures, and {name} does not say what is known.")
        known = {d for name in metric.sources for d in sources[name].dimensions}
        counted = metric.growth_of is None and metric.not_collected is None
        if counted and set(metric.dimensions) - known:
            raise WrongRegistry(f"{metric.name} names dimensions that {metric.sources} lack.")
        if set(metric.dimensions) - members:
            raise WrongRegistry(f"{metric.name} names a dimension without members.")
