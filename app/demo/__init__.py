"""A small market to look at: companies, products and some weeks of trade, made through the domain."""
