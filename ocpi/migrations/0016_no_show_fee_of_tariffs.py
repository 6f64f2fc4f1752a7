from django.db import migrations

# The terms of bookings say whether who does not come pays: another version of a tariff may change
# that wherever the tariff holds.
CREATE = """
CREATE FUNCTION ocpi_note_bookable_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ocpi_change (subject, object_id)
        SELECT DISTINCT 'bookable', location.id::text FROM tariffs_tariffassignment AS held
        LEFT JOIN stations_connector AS connector ON connector.id = held.connector_id
        LEFT JOIN stations_evse AS evse
            ON evse.id = COALESCE(held.evse_id, connector.evse_id)
        JOIN stations_location AS location
            ON location.id = COALESCE(held.location_id, evse.location_id)
            OR num_nonnulls(held.location_id, held.evse_id, held.connector_id) = 0
        WHERE held.tariff_id = NEW.tariff_id;
    RETURN NULL;
END $$;

CREATE TRIGGER ocpi_bookable_version AFTER INSERT ON tariffs_tariffversion
    FOR EACH ROW EXECUTE FUNCTION ocpi_note_bookable_version();
"""
DROP = """
DROP TRIGGER ocpi_bookable_version ON tariffs_tariffversion;
DROP FUNCTION ocpi_note_bookable_version();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ocpi", "0015_words_of_constraints"),
        ("tariffs", "0004_versions_know_their_type_and_time"),
    ]
    operations = [migrations.RunSQL(CREATE, DROP)]
