-- What the sealer may do, as a role of its own: read the log, add checkpoints. Run as the tables' owner:
--   psql -v sealer=lancaster_sealer -f tracker/ledger/roles.sql
GRANT SELECT ON tracker_event, tracker_head, tracker_node, tracker_seal, tracker_sealkey TO :"sealer";
GRANT INSERT ON tracker_node, tracker_seal, tracker_sealkey TO :"sealer";
