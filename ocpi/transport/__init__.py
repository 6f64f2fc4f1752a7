"""What every OCPI request passes, whatever its version: who asks, the envelope, pages."""
