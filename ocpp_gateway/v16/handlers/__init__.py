"""One module per request of a 1.6 station, named like it."""
