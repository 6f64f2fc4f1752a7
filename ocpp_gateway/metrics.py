"""What the gateway counts, for /metrics."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class Received(Collector):
    """Requests of stations by action: a plain number each, since the loop alone counts them."""

    def __init__(self) -> None:
        self.by_action: Tally[str] = Tally()

    def collect(self) -> Iterable[CounterMetricFamily]:
        family = CounterMetricFamily(
            "cpms_ocpp_received", "Requests of stations.", labels=["action"]
        )
        for action, count in list(self.by_action.items()):
            family.add_metric([action], count)
        yield family


RECEIVED = Received()
REGISTRY.register(RECEIVED)
CONNECTED = Gauge("cpms_stations_connected", "Stations connected to this process.")
ERRORS = Counter("cpms_ocpp_errors_total", "CALLERRORs sent.", ["code"])
REFUSED_HANDSHAKES = Counter("cpms_ocpp_handshakes_refused_total", "Refused sockets.", ["status"])
SENT = Counter("cpms_ocpp_commands_sent_total", "Requests to stations.", ["action"])
REPLACED = Counter("cpms_ocpp_sockets_replaced_total", "Sockets replaced by a newer one.")
QUIRKS = Counter("cpms_ocpp_repairs_total", "Repairs of what stations sent.", ["name"])
BATCH = Histogram(
    "cpms_writer_batch_messages",
    "Messages per transaction.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
COMMIT_SECONDS = Histogram(
    "cpms_writer_commit_seconds",
    "Seconds per transaction.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
REFUSED = Counter("cpms_writer_facts_refused_total", "Facts that the database refused.")
LOG_DROPPED = Counter("cpms_message_log_dropped_total", "Exchanges not logged under pressure.")
