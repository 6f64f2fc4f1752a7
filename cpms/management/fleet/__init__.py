"""One file with the fleet: brought in all or nothing, or written out."""
