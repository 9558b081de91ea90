"""What `wholesale bench` measures: a case each, ours beside its limit."""
