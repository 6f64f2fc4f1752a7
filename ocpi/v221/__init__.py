"""OCPI 2.2.1, spoken as CPO."""
