"""The triggers that fire with every status, start and stop name their columns: turning a whole
row into JSON to read one of them cost more than the note. What an issuer answered about a session
is news as well."""

from django.db import migrations

CHANGE = "INSERT INTO ocpi_change (subject, object_id) VALUES"
NOTES = {"place": ("location", "location_id"), "session": ("session", "id"), "cdr": ("cdr", "id")}
FUNCTIONS = "".join(
    f"""
CREATE FUNCTION ocpi_note_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {CHANGE} ('{subject}', NEW.{column}::text);
    RETURN NULL;
END $$;
"""
    for name, (subject, column) in NOTES.items()
)
DROPPED = "".join(f"DROP FUNCTION ocpi_note_{name}();" for name in NOTES)


def triggers(place: str, session: str, cdr: str, extra: str = "") -> str:
    """The five triggers, with these functions."""
    return f"""
DROP TRIGGER ocpi_evse_made ON stations_evse;
DROP TRIGGER ocpi_evse_changed ON stations_evse;
DROP TRIGGER ocpi_session_started ON booking_chargingsession;
DROP TRIGGER ocpi_session_changed ON booking_chargingsession;
DROP TRIGGER ocpi_cdr_issued ON booking_cdr;
CREATE TRIGGER ocpi_evse_made AFTER INSERT ON stations_evse
    FOR EACH ROW EXECUTE FUNCTION {place};
CREATE TRIGGER ocpi_evse_changed AFTER UPDATE ON stations_evse
    FOR EACH ROW WHEN (OLD.last_updated IS DISTINCT FROM NEW.last_updated
                       OR OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION {place};
CREATE TRIGGER ocpi_session_started AFTER INSERT ON booking_chargingsession
    FOR EACH ROW WHEN (NEW.token_id IS NOT NULL) EXECUTE FUNCTION {session};
CREATE TRIGGER ocpi_session_changed AFTER UPDATE ON booking_chargingsession
    FOR EACH ROW WHEN (NEW.token_id IS NOT NULL AND (
        OLD.status IS DISTINCT FROM NEW.status OR OLD.ended_at IS DISTINCT FROM NEW.ended_at
        OR OLD.token_id IS DISTINCT FROM NEW.token_id
        OR OLD.tariff_version_id IS DISTINCT FROM NEW.tariff_version_id{extra}))
    EXECUTE FUNCTION {session};
CREATE TRIGGER ocpi_cdr_issued AFTER INSERT ON booking_cdr
    FOR EACH ROW EXECUTE FUNCTION {cdr};
"""


REFERENCE = """
        OR OLD.authorization_reference IS DISTINCT FROM NEW.authorization_reference"""
FORWARD = FUNCTIONS + triggers(
    "ocpi_note_place()", "ocpi_note_session()", "ocpi_note_cdr()", REFERENCE
)
BACKWARD = (
    triggers(
        "ocpi_note('location', 'location_id')",
        "ocpi_note('session', 'id')",
        "ocpi_note('cdr', 'id')",
    )
    + DROPPED
)


class Migration(migrations.Migration):
    dependencies = [("ocpi", "0010_token_pulls")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
