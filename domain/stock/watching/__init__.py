"""Tables of thresholds, alerts, wishes to make goods and sales of stores; what is done with them stands beside."""
