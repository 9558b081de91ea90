"""Metrics: what each means, its values over time, what stands behind them, and cohorts.

A registry says what can be asked; it comes with every build of the warehouse, compiled to SQL, and is replaced
in the transaction that repoints the readers' views. Every value on a screen, in an export and on the command
line comes through `metric_values`, so equal questions have equal answers. Staff see the whole platform; an
organisation's people see rows in which it is buyer, seller or distributor, because the views say so.
"""
