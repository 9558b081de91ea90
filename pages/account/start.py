"""Getting started: what is left to do, and what each step unlocks."""

from app.navigation import guard
from app.parts import page_header
from app.parts.onboarding import draw_checklist

who, _ = guard()
page_header("Getting started", f"What {who.org_name} can do already, and what each step unlocks")
draw_checklist()
