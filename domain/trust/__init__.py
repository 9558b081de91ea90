"""Trust: what the two parties of a completed order say about each other.

One review per order and author. It is hidden from the other side until both have written, or the blind
period is over. `write` and `publish_due` are steps of the order's commands.
"""

from domain.trust.commands import AlreadyReviewed, publish, write
from domain.trust.queries import reviews_of
from domain.trust.views import ReviewRow

__all__ = ["AlreadyReviewed", "ReviewRow", "publish", "reviews_of", "write"]
