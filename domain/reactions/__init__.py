"""Reactions: what follows from what, so that the modules need not know each other.

One file per module that reacts. `deliver_new` hands events to reactions, `fire_due_timers` runs what is
due; the worker calls both every few seconds and whenever something happens.
"""

from domain.reactions.delivering import REACTIONS, TIMERS, deliver_new, fire_due_timers
from domain.reactions.searches import look_for_new_products

__all__ = ["REACTIONS", "TIMERS", "deliver_new", "fire_due_timers", "look_for_new_products"]
