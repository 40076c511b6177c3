-- What the sealer wrote stays: nodes, checkpoints and keys are append-only like the log itself.
CREATE TRIGGER node_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON tracker_node
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();
CREATE TRIGGER seal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON tracker_seal
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();
CREATE TRIGGER seal_key_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON tracker_sealkey
  FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse();

ALTER TABLE tracker_node ENABLE ALWAYS TRIGGER node_no_change;
ALTER TABLE tracker_seal ENABLE ALWAYS TRIGGER seal_no_change;
ALTER TABLE tracker_sealkey ENABLE ALWAYS TRIGGER seal_key_no_change;
