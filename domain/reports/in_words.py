"""Tables and checks of the warehouse in words that a person reads who never saw their names."""

from collections.abc import Sequence

_LAYERS = ("stg_", "int_", "fct_", "dim_", "mart_")
_CHECKS = {
    "not_null_": "is never empty",
    "unique_": "comes once",
    "relationships_": "refers to something that exists",
    "accepted_values_": "is one of the known values",
    "expression_is_true_": "holds",
    "unique_combination_": "come once together",
}


def asset_words(name: str, parents: Sequence[str] = ()) -> str:
    """ "fct_order_lines" as "Order lines"; a check by its table, as "Order lines: line id is never empty"."""
    for prefix, meaning in sorted(_CHECKS.items(), key=lambda item: -len(item[0])):
        table = next((one for one in parents if name.startswith(f"{prefix}{one}_")), None)
        if table is not None:
            column = name.removeprefix(f"{prefix}{table}_").split("__")[0]
            return f"{asset_words(table)}: {_plain(column)} {meaning}"
    for layer in _LAYERS:
        name = name.removeprefix(layer)
    return _plain(name)[:1].upper() + _plain(name)[1:]


def _plain(name: str) -> str:
    return name.strip("_").replace("__", ": ").replace("_", " ").replace("gmv", "GMV")
