"""Dagster's view of the pipelines: what is built from what, checked how, and when. No logic."""
