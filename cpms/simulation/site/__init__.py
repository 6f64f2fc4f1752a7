"""A site's battery, photovoltaics and meters as devices on real Modbus TCP (SunSpec)."""
