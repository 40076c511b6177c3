-- The database guards first: no update, delete or truncate of what was recorded, by anybody, in any replication role;
-- positions stay dense; the head only grows.
CREATE FUNCTION tracker_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'LC003',
    MESSAGE = format('%s is append-only: %s refused', TG_TABLE_NAME, TG_OP),
    HINT = 'A wrong entry is answered by entry.corrected or entry.retracted.';
END $$;

CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON tracker_event
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON tracker_event
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();
CREATE TRIGGER event_dense AFTER INSERT ON tracker_event REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_dense();
CREATE TRIGGER attachment_no_change BEFORE UPDATE OR DELETE ON tracker_attachment
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();
CREATE TRIGGER attachment_no_truncate BEFORE TRUNCATE ON tracker_attachment
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();
CREATE TRIGGER head_grows BEFORE UPDATE ON tracker_head FOR EACH ROW
  WHEN (NEW.size <= OLD.size OR NEW.recorded_at <= OLD.recorded_at OR NEW.log_id <> OLD.log_id)
  EXECUTE FUNCTION tracker_refuse();
CREATE TRIGGER head_stays BEFORE DELETE OR TRUNCATE ON tracker_head
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();

ALTER TABLE tracker_event ENABLE ALWAYS TRIGGER event_no_change;
ALTER TABLE tracker_event ENABLE ALWAYS TRIGGER event_no_truncate;
ALTER TABLE tracker_event ENABLE ALWAYS TRIGGER event_dense;
ALTER TABLE tracker_attachment ENABLE ALWAYS TRIGGER attachment_no_change;
ALTER TABLE tracker_attachment ENABLE ALWAYS TRIGGER attachment_no_truncate;
ALTER TABLE tracker_head ENABLE ALWAYS TRIGGER head_grows;
ALTER TABLE tracker_head ENABLE ALWAYS TRIGGER head_stays;

ALTER TABLE tracker_attachment ADD CONSTRAINT attachment_is_named_by_its_hash
  CHECK (sha256 = encode(sha256(content), 'hex'));

ALTER TABLE tracker_head SET (fillfactor = 10, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
INSERT INTO tracker_head (id, log_id, size, recorded_at, frontier) VALUES (1, gen_random_uuid(), 0, '1970-01-01Z', '{}');
