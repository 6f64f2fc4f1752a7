from django.db import migrations

# What calendars and bookings depend on, noted in the transaction that changes it (docs/adr/0010):
# `bookable` with the location whose calendars must be drawn up again, `reservation` and `booking`
# with their own keys. An EVSE's status is no matter of calendars.
CREATE = """
CREATE FUNCTION ocpi_note_bookable() RETURNS trigger LANGUAGE plpgsql AS $$
-- Argument: the column that names the location.
BEGIN
    INSERT INTO ocpi_change (subject, object_id)
        SELECT DISTINCT 'bookable', place FROM (VALUES
            (to_jsonb(OLD) ->> TG_ARGV[0]), (to_jsonb(NEW) ->> TG_ARGV[0])) AS places (place)
        WHERE place IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION ocpi_note_bookable_evse() RETURNS trigger LANGUAGE plpgsql AS $$
-- Of a row with an evse_id.
BEGIN
    INSERT INTO ocpi_change (subject, object_id)
        SELECT DISTINCT 'bookable', location_id::text FROM stations_evse WHERE id IN (
            (to_jsonb(OLD) ->> 'evse_id')::bigint, (to_jsonb(NEW) ->> 'evse_id')::bigint);
    RETURN NULL;
END $$;

CREATE FUNCTION ocpi_note_bookable_tariff() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    IF TG_OP = 'DELETE' THEN place := OLD; ELSE place := NEW; END IF;
    IF place.connector_id IS NOT NULL THEN
        INSERT INTO ocpi_change (subject, object_id)
            SELECT 'bookable', evse.location_id::text FROM stations_connector AS connector
            JOIN stations_evse AS evse ON evse.id = connector.evse_id
            WHERE connector.id = place.connector_id;
    ELSIF place.evse_id IS NOT NULL THEN
        INSERT INTO ocpi_change (subject, object_id)
            SELECT 'bookable', location_id::text FROM stations_evse WHERE id = place.evse_id;
    ELSE
        INSERT INTO ocpi_change (subject, object_id) SELECT 'bookable', id::text
            FROM stations_location WHERE place.location_id IS NULL OR id = place.location_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ocpi_bookable_location AFTER INSERT ON stations_location
    FOR EACH ROW EXECUTE FUNCTION ocpi_note_bookable('id');
CREATE TRIGGER ocpi_bookable_hours AFTER UPDATE ON stations_location FOR EACH ROW
    WHEN ((OLD.opening_times, OLD.charging_when_closed, OLD.time_zone)
        IS DISTINCT FROM (NEW.opening_times, NEW.charging_when_closed, NEW.time_zone))
    EXECUTE FUNCTION ocpi_note_bookable('id');
CREATE TRIGGER ocpi_bookable_evse AFTER UPDATE ON stations_evse FOR EACH ROW
    WHEN ((OLD.location_id, OLD.station_id, OLD.availability, OLD.available_again_at,
           OLD.removed_at)
        IS DISTINCT FROM (NEW.location_id, NEW.station_id, NEW.availability,
           NEW.available_again_at, NEW.removed_at))
    EXECUTE FUNCTION ocpi_note_bookable('location_id');
CREATE TRIGGER ocpi_bookable_connector AFTER INSERT OR UPDATE OR DELETE ON stations_connector
    FOR EACH ROW EXECUTE FUNCTION ocpi_note_bookable_evse();
CREATE TRIGGER ocpi_bookable_tariff AFTER INSERT OR DELETE ON tariffs_tariffassignment
    FOR EACH ROW EXECUTE FUNCTION ocpi_note_bookable_tariff();
CREATE TRIGGER ocpi_bookable_reservation AFTER INSERT OR DELETE ON booking_reservation
    FOR EACH ROW EXECUTE FUNCTION ocpi_note_bookable_evse();
CREATE TRIGGER ocpi_bookable_window AFTER UPDATE ON booking_reservation FOR EACH ROW
    WHEN ((OLD.evse_id, OLD.starts_at, OLD.ends_at, OLD.released_at)
        IS DISTINCT FROM (NEW.evse_id, NEW.starts_at, NEW.ends_at, NEW.released_at))
    EXECUTE FUNCTION ocpi_note_bookable_evse();
CREATE TRIGGER ocpi_reservation_changed AFTER UPDATE ON booking_reservation FOR EACH ROW
    WHEN ((OLD.evse_id, OLD.starts_at, OLD.ends_at, OLD.status)
        IS DISTINCT FROM (NEW.evse_id, NEW.starts_at, NEW.ends_at, NEW.status))
    EXECUTE FUNCTION ocpi_note('reservation', 'id');
CREATE TRIGGER ocpi_booking_changed AFTER INSERT OR UPDATE ON ocpi_booking
    FOR EACH ROW EXECUTE FUNCTION ocpi_note('booking', 'id');
"""
TRIGGERS = {
    "stations_location": ["bookable_location", "bookable_hours"],
    "stations_evse": ["bookable_evse"],
    "stations_connector": ["bookable_connector"],
    "tariffs_tariffassignment": ["bookable_tariff"],
    "booking_reservation": [
        "bookable_reservation",
        "bookable_window",
        "reservation_changed",
    ],
    "ocpi_booking": ["booking_changed"],
}
FUNCTIONS = ["note_bookable", "note_bookable_evse", "note_bookable_tariff"]
DROP = "".join(
    f"DROP TRIGGER ocpi_{name} ON {table};" for table, names in TRIGGERS.items() for name in names
) + "".join(f"DROP FUNCTION ocpi_{name}();" for name in FUNCTIONS)
# Those that are there already get their first calendars.
NOTE_ALL = """
INSERT INTO ocpi_change (subject, object_id)
    SELECT 'bookable', id::text FROM stations_location
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ocpi", "0008_bookings"),
        ("booking", "0005_reservations"),
        ("tariffs", "0003_where_when_and_for_whom"),
    ]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RunSQL(NOTE_ALL, migrations.RunSQL.noop),
    ]
