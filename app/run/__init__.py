"""What keeps an instance running: the supervisor, its guard, the worker and Dagster's files."""
