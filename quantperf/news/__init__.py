"""News from feeds: parsing, polite crawling, and an archive without duplicates that knows when each item was seen."""
