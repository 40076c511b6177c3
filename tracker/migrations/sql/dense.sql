-- Rows are accepted only if they follow the last one without a gap and the head, moved before them, ends with them.
CREATE OR REPLACE FUNCTION tracker_dense() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE first bigint; last bigint; total bigint; before bigint; size bigint;
BEGIN
  SELECT added.first, added.last, added.total, head.size,
         (SELECT coalesce(max(event.position), 0) FROM tracker_event AS event WHERE event.position < added.first)
    INTO first, last, total, size, before
    FROM (SELECT min(position), max(position), count(*) FROM fresh) AS added(first, last, total)
    CROSS JOIN tracker_head AS head;
  IF total > 0 AND (first <> before + 1 OR last - first + 1 <> total OR last <> size) THEN
    RAISE EXCEPTION USING ERRCODE = 'LC003',
      MESSAGE = format('positions are dense: %s to %s do not lead from %s to the head, %s', first, last, before, size),
      HINT = 'Only tracker_append inserts events.';
  END IF;
  RETURN NULL;
END $$;
