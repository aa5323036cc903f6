"""Where bars come from: each source says what to request, and reads the answers; neither needs a network."""
