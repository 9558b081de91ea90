"""What the web process counts about itself, as Prometheus text at /metrics (for the machine itself only)."""

from collections import deque
from datetime import datetime

from prometheus_client import Counter, Histogram

requests = Counter("wholesale_http_requests", "Answers given over HTTP", ["method", "status"])
reruns = Counter("wholesale_screen_reruns", "Screens drawn", ["screen"])
screen_errors = Counter("wholesale_screen_errors", "Screens that ended in an unexpected error")
commands = Counter("wholesale_commands", "Commands asked for on the screens", ["command", "outcome"])
command_seconds = Histogram(
    "wholesale_command_seconds", "How long commands took", ["command"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
refusals = Counter("wholesale_refusals", "Commands that were refused, by reason", ["reason"])
activity_lost = Counter("wholesale_activity_lost", "Page views and searches that were not stored", ["reason"])

# The last unexpected errors of this process: when, and the reference number that the person was shown.
recent_errors: deque[tuple[datetime, str]] = deque(maxlen=200)
