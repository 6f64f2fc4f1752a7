"""OCPP-J without I/O: text in; events and text out. No socket, no clock, no database."""
