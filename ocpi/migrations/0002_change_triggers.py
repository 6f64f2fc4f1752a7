from django.db import migrations

# What partners may see, noted in the transaction that changes it, whoever changes it: Django, or
# the gateway's own SQL (docs/adr/0010). Inserts alone: nothing waits for anything.
CREATE = """
CREATE FUNCTION ocpi_note() RETURNS trigger LANGUAGE plpgsql AS $$
-- Arguments: subject, name of the column with its key.
DECLARE
    changed jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN changed := to_jsonb(OLD); ELSE changed := to_jsonb(NEW); END IF;
    IF changed ->> TG_ARGV[1] IS NOT NULL THEN
        INSERT INTO ocpi_change (subject, object_id) VALUES (TG_ARGV[0], changed ->> TG_ARGV[1]);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ocpi_note_station() RETURNS trigger LANGUAGE plpgsql AS $$
-- A station that comes back tells at once, one that goes only after a while.
BEGIN
    INSERT INTO ocpi_change (subject, object_id, due_at) VALUES ('station', NEW.station_id::text,
        COALESCE(NEW.disconnected_at + interval '31 seconds', now()));
    RETURN NULL;
END $$;

CREATE FUNCTION ocpi_note_tariff_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    IF TG_OP = 'DELETE' THEN place := OLD; ELSE place := NEW; END IF;
    INSERT INTO ocpi_change (subject, object_id) VALUES (
        CASE WHEN place.connector_id IS NOT NULL THEN 'connector'
             WHEN place.evse_id IS NOT NULL THEN 'evse' ELSE 'location' END,
        COALESCE(place.connector_id, place.evse_id, place.location_id)::text);
    RETURN NULL;
END $$;

CREATE TRIGGER ocpi_location_made AFTER INSERT ON stations_location
    FOR EACH ROW EXECUTE FUNCTION ocpi_note('location', 'id');
CREATE TRIGGER ocpi_location_changed AFTER UPDATE ON stations_location
    FOR EACH ROW WHEN (OLD.last_updated IS DISTINCT FROM NEW.last_updated)
    EXECUTE FUNCTION ocpi_note('location', 'id');
CREATE TRIGGER ocpi_evse_made AFTER INSERT ON stations_evse
    FOR EACH ROW EXECUTE FUNCTION ocpi_note('location', 'location_id');
CREATE TRIGGER ocpi_evse_changed AFTER UPDATE ON stations_evse
    FOR EACH ROW WHEN (OLD.last_updated IS DISTINCT FROM NEW.last_updated
                       OR OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION ocpi_note('location', 'location_id');
CREATE TRIGGER ocpi_evse_moved AFTER UPDATE ON stations_evse
    FOR EACH ROW WHEN (OLD.location_id IS DISTINCT FROM NEW.location_id)
    EXECUTE FUNCTION ocpi_note_departure();
CREATE TRIGGER ocpi_connector_changed AFTER INSERT OR UPDATE OR DELETE ON stations_connector
    FOR EACH ROW EXECUTE FUNCTION ocpi_note('evse', 'evse_id');
CREATE TRIGGER ocpi_station_came_or_went AFTER UPDATE ON stations_stationconnection
    FOR EACH ROW WHEN (OLD.disconnected_at IS DISTINCT FROM NEW.disconnected_at
                       OR (OLD.connected_at IS NULL AND NEW.connected_at IS NOT NULL))
    EXECUTE FUNCTION ocpi_note_station();
CREATE TRIGGER ocpi_tariff_changed AFTER INSERT OR UPDATE OR DELETE ON tariffs_tariff
    FOR EACH ROW EXECUTE FUNCTION ocpi_note('tariff', 'ocpi_id');
CREATE TRIGGER ocpi_tariff_placed AFTER INSERT OR DELETE ON tariffs_tariffassignment
    FOR EACH ROW EXECUTE FUNCTION ocpi_note_tariff_place();
CREATE TRIGGER ocpi_session_started AFTER INSERT ON booking_chargingsession
    FOR EACH ROW WHEN (NEW.token_id IS NOT NULL) EXECUTE FUNCTION ocpi_note('session', 'id');
CREATE TRIGGER ocpi_session_changed AFTER UPDATE ON booking_chargingsession
    FOR EACH ROW WHEN (NEW.token_id IS NOT NULL AND (
        OLD.status IS DISTINCT FROM NEW.status OR OLD.ended_at IS DISTINCT FROM NEW.ended_at
        OR OLD.token_id IS DISTINCT FROM NEW.token_id
        OR OLD.tariff_version_id IS DISTINCT FROM NEW.tariff_version_id))
    EXECUTE FUNCTION ocpi_note('session', 'id');
CREATE TRIGGER ocpi_cdr_issued AFTER INSERT ON booking_cdr
    FOR EACH ROW EXECUTE FUNCTION ocpi_note('cdr', 'id');
"""
DEPARTURE = """
CREATE FUNCTION ocpi_note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ocpi_change (subject, object_id) VALUES ('location', OLD.location_id::text);
    RETURN NULL;
END $$;
"""
TRIGGERS = {
    "stations_location": ["location_made", "location_changed"],
    "stations_evse": ["evse_made", "evse_changed", "evse_moved"],
    "stations_connector": ["connector_changed"],
    "stations_stationconnection": ["station_came_or_went"],
    "tariffs_tariff": ["tariff_changed"],
    "tariffs_tariffassignment": ["tariff_placed"],
    "booking_chargingsession": ["session_started", "session_changed"],
    "booking_cdr": ["cdr_issued"],
}
FUNCTIONS = ["note", "note_station", "note_tariff_place", "note_departure"]
DROP = "".join(
    f"DROP TRIGGER ocpi_{name} ON {table};" for table, names in TRIGGERS.items() for name in names
) + "".join(f"DROP FUNCTION ocpi_{name}();" for name in FUNCTIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("ocpi", "0001_initial"),
        ("stations", "0001_initial"),
        ("tariffs", "0001_initial"),
        ("booking", "0001_initial"),
    ]
    operations = [migrations.RunSQL(DEPARTURE + CREATE, DROP)]
