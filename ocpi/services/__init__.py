"""Every write of the roaming edge, by topic."""
