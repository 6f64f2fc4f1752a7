"""Sites for tests."""

A = {"name": "A", "contract": {"kind": "spot", "adder_eur_kwh": 0.05}, "import_limit_kw": 120}
B = {
    "name": "B",
    "contract": {"kind": "bands", "F1": 0.172, "F2": 0.158, "F3": 0.128},
    "import_limit_kw": 80,
}
C = {
    "name": "C",
    "contract": {"kind": "flat", "price_eur_kwh": 0.142},
    "import_limit_kw": 50,
    "limits": [{"days": "mon-fri", "from": "17:00", "to": "21:00", "import_limit_kw": 20}],
}
BATTERY = {
    "capacity_kwh": 200, "charge_kw": 100, "discharge_kw": 100, "efficiency": 0.95,
    "soc_min": 0.05, "soc_max": 0.95, "soc_start": 0.5, "wear_eur_kwh": 0.02,
}  # fmt: skip
PLAIN = {"time_zone": "Europe/Rome", "site_limit_kw": 250, "supply_sources": [A, B, C]}
WHOLE = {**PLAIN, "battery": BATTERY, "pv": {"kwp": 60, "column": "solar"}}
