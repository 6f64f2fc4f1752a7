from django.db import migrations

CREATE = """
CREATE FUNCTION booking_cdr_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a CDR never changes; issue a credit CDR' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER booking_cdr_immutable BEFORE UPDATE OR DELETE ON booking_cdr
    FOR EACH ROW EXECUTE FUNCTION booking_cdr_refuse_change();
"""
DROP = (
    "DROP TRIGGER booking_cdr_immutable ON booking_cdr; DROP FUNCTION booking_cdr_refuse_change()"
)


class Migration(migrations.Migration):
    dependencies = [("booking", "0002_meter_partitions")]
    operations = [migrations.RunSQL(CREATE, DROP)]
