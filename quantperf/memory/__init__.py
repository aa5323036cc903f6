"""What is kept in memory, and for how long: caches by content, narrow frames, and a watch on what calls take."""
