"""Which handler answers which request of a 1.6 station."""

from ocpp_gateway.context import Handler
from ocpp_gateway.v16.handlers import (
    authorize,
    boot_notification,
    data_transfer,
    heartbeat,
    meter_values,
    reports,
    start_transaction,
    status_notification,
    stop_transaction,
)

HANDLERS: dict[str, Handler] = {
    "Authorize": authorize.handle,
    "BootNotification": boot_notification.handle,
    "DataTransfer": data_transfer.handle,
    "DiagnosticsStatusNotification": reports.diagnostics_status,
    "FirmwareStatusNotification": reports.firmware_status,
    "Heartbeat": heartbeat.handle,
    "LogStatusNotification": reports.diagnostics_status,
    "MeterValues": meter_values.handle,
    "SecurityEventNotification": reports.security_event,
    "SignCertificate": reports.sign_certificate,
    "SignedFirmwareStatusNotification": reports.firmware_status,
    "StartTransaction": start_transaction.handle,
    "StatusNotification": status_notification.handle,
    "StopTransaction": stop_transaction.handle,
}
