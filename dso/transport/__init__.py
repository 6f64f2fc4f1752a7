"""The doors that DSOs come in by: OSCP 2.0 as flexibility provider, notifications of VTNs."""
