"""Batch jobs: each reads, computes and publishes. Nothing of the web imports them."""
