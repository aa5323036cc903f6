"""Benchmarks: the asv suite made from the catalogue, ratios to other libraries, what a call costs beyond its kernel."""
