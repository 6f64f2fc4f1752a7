"""What charging costs: pure functions over OCPI tariffs."""
