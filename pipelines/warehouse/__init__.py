"""The warehouse: dbt builds it beside what readers see, and one transaction repoints their views.

Two sets of tables, blue and green, take turns. A build fills the one that nobody reads; when every
test has passed, the views in `core` and `marts` are made anew over it in one transaction. A build that
is killed at any moment leaves the old or the new, never half. The views show rows to the platform's
staff and jobs alone (`market.is_staff()`). Each build reads the market up to one instant, its `as_of`,
and `ops` keeps what it did.
"""
