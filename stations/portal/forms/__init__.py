"""Forms of static information (R9): locations, stations, EVSEs with their connectors."""

from stations.portal.forms.evse import ConnectorForms, EvseForm, kept, rows_of
from stations.portal.forms.location import LocationForm
from stations.portal.forms.station import StationForm

__all__ = ["ConnectorForms", "EvseForm", "LocationForm", "StationForm", "kept", "rows_of"]
