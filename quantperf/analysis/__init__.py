"""The comprehensive analysis of a symbol, and of many at once."""
