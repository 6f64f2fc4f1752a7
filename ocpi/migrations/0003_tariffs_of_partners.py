"""A tariff that holds everywhere changes every location; one for a partner changes who sees it."""

from importlib import import_module

from django.db import migrations

before = import_module("ocpi.migrations.0002_change_triggers")

START = "CREATE FUNCTION ocpi_note_tariff_place()"
NOTE_PLACE = """
CREATE OR REPLACE FUNCTION ocpi_note_tariff_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    IF TG_OP = 'DELETE' THEN place := OLD; ELSE place := NEW; END IF;
    IF place.connector_id IS NOT NULL THEN
        INSERT INTO ocpi_change (subject, object_id)
            VALUES ('connector', place.connector_id::text);
    ELSIF place.evse_id IS NOT NULL THEN
        INSERT INTO ocpi_change (subject, object_id) VALUES ('evse', place.evse_id::text);
    ELSE
        INSERT INTO ocpi_change (subject, object_id) SELECT 'location', id::text
            FROM stations_location WHERE place.location_id IS NULL OR id = place.location_id;
    END IF;
    IF place.party_id <> '' OR EXISTS (
        SELECT FROM tariffs_tariffassignment
            WHERE tariff_id = place.tariff_id AND party_id <> '') THEN
        INSERT INTO ocpi_change (subject, object_id)
            SELECT 'tariff', ocpi_id FROM tariffs_tariff WHERE id = place.tariff_id;
    END IF;
    RETURN NULL;
END $$
"""


def note_place_before():
    """The function as 0002 made it."""
    rest = before.CREATE[before.CREATE.index(START) :]
    text = rest[: rest.index("END $$;") + len("END $$;")]
    return text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [
        ("ocpi", "0002_change_triggers"),
        ("tariffs", "0003_where_when_and_for_whom"),
    ]
    operations = [migrations.RunSQL(NOTE_PLACE, note_place_before())]
