"""The process that reads all batteries and meters over Modbus TCP and tells batteries what to do:
`manage.py poll_batteries`."""
