"""OCPI 2.3.0, said over 2.2.1 (docs/adr): what differs, and nothing else."""
