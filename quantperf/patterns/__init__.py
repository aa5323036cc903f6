"""Patterns: sequences of signals, chart shapes, motifs, similar stretches and clusters of them."""
