"""Who may be trusted how far: what a business has to show, and what was found of it."""
