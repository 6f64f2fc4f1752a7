from django.db import migrations

CREATE = """
CREATE FUNCTION tariffs_version_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL AND (TG_OP = 'DELETE' OR
        (NEW.body, NEW.number, NEW.currency, NEW.tariff_id, NEW.valid_from)
        IS DISTINCT FROM (OLD.body, OLD.number, OLD.currency, OLD.tariff_id, OLD.valid_from)) THEN
        RAISE EXCEPTION 'a tariff version that priced a session never changes; make a new version'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER tariffs_version_immutable BEFORE UPDATE OR DELETE ON tariffs_tariffversion
    FOR EACH ROW EXECUTE FUNCTION tariffs_version_refuse_change();
"""
DROP = """
DROP TRIGGER tariffs_version_immutable ON tariffs_tariffversion;
DROP FUNCTION tariffs_version_refuse_change()
"""


class Migration(migrations.Migration):
    dependencies = [("tariffs", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
