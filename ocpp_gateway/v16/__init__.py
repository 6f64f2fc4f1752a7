"""OCPP 1.6-J: payloads, named repairs, one handler per action."""

SUBPROTOCOL = "ocpp1.6"
FORMATION_VIOLATION = "FormationViolation"  # spelt otherwise in later versions
