"""What every export has in common."""


def as_cell(value: str) -> str:
    """The text as a cell of CSV or XLSX: a spreadsheet must not take a name for a formula (CWE-1236)."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
