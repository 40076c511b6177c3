-- The one way into the log. In one statement: lock the head row, check expected versions, give out positions, versions
-- and the instant, complete the canonical bytes, hash them, extend the Merkle frontier, insert.
--
-- batch: [{id, stream, type, schema, known_from, known_seq, occurred_on, corrects, open, middle, close}, ...] where the
--   canonical entry is open || position || middle(recorded_at) || close(version); see tracker.log.
-- expected: {stream: version} as of before the batch; -1 means any, -2 means the stream must exist.
--
-- A batch whose ids are all recorded already returns the first result with fresh = false.
--
-- Only indexes are used: a plan that a session made while the log was small must not scan the log once it is large.
CREATE FUNCTION tracker_append(batch jsonb, expected jsonb)
RETURNS TABLE (out_position bigint, out_version integer, out_recorded_at timestamptz, out_entry bytea, fresh boolean)
LANGUAGE plpgsql
SET lock_timeout = '5s' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  head tracker_head;
  ids uuid[] := ARRAY(SELECT (item.value->>'id')::uuid
                        FROM jsonb_array_elements(batch) WITH ORDINALITY AS item(value, place) ORDER BY item.place);
  known integer;
  conflict record;
  instant timestamptz;
  stamp text;
  versions integer[];
  entries bytea[];
  leaves bytea[];
  first bigint;
  leaf bytea;
  rest bigint;
BEGIN
  SELECT * INTO STRICT head FROM tracker_head WHERE tracker_head.id = 1 FOR UPDATE;

  SELECT count(*) INTO known FROM tracker_event AS event WHERE event.id = ANY (ids);
  IF known = cardinality(ids) THEN
    RETURN QUERY SELECT event.position, event.version, event.recorded_at, event.entry, false
      FROM unnest(ids) WITH ORDINALITY AS item(id, place) JOIN tracker_event AS event ON event.id = item.id
      ORDER BY item.place;
    RETURN;
  ELSIF known > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'LC001',
      MESSAGE = format('%s of %s event ids are recorded already', known, cardinality(ids));
  END IF;

  SELECT want.key AS stream, want.value::int AS wanted, last.version AS found INTO conflict
    FROM jsonb_each_text(expected) AS want, LATERAL (
      SELECT coalesce(max(event.version), 0) FROM tracker_event AS event WHERE event.stream = want.key) AS last(version)
    WHERE (want.value::int = -2 AND last.version = 0) OR (want.value::int >= 0 AND last.version <> want.value::int)
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'LC002', MESSAGE = 'wrong expected version', DETAIL = to_json(conflict)::text;
  END IF;

  instant := greatest(date_trunc('microseconds', clock_timestamp()), head.recorded_at + interval '1 microsecond');
  stamp := to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

  SELECT array_agg(made.version ORDER BY made.place), array_agg(made.bytes ORDER BY made.place)
    INTO versions, entries
    FROM (
      SELECT item.place, item.version, convert_to(
        item.open || (head.size + item.place) || item.middle || stamp || item.close || item.version || '}', 'UTF8') AS bytes
      FROM (
        SELECT row.place, row.open, row.middle, row.close,
          (row_number() OVER (PARTITION BY row.stream ORDER BY row.place) + coalesce((
            SELECT max(event.version) FROM tracker_event AS event WHERE event.stream = row.stream), 0))::int AS version
        FROM ROWS FROM (jsonb_to_recordset(batch) AS (stream text, open text, middle text, close text)) WITH ORDINALITY
          AS row(stream, open, middle, close, place)
      ) AS item
    ) AS made;
  SELECT array_agg(sha256('\x00'::bytea || bytes) ORDER BY place) INTO leaves
    FROM unnest(entries) WITH ORDINALITY AS entry(bytes, place);

  first := head.size + 1;
  FOREACH leaf IN ARRAY leaves LOOP
    rest := head.size;
    WHILE rest & 1 = 1 LOOP
      leaf := sha256('\x01'::bytea || head.frontier[array_upper(head.frontier, 1)] || leaf);
      head.frontier := trim_array(head.frontier, 1);
      rest := rest >> 1;
    END LOOP;
    head.frontier := head.frontier || leaf;
    head.size := head.size + 1;
  END LOOP;
  -- The head goes first: rows that it does not announce are refused.
  UPDATE tracker_head SET size = head.size, recorded_at = instant, frontier = head.frontier WHERE tracker_head.id = 1;

  RETURN QUERY
  INSERT INTO tracker_event AS event (position, id, stream, version, type, schema, known_from, known_seq, occurred_on,
                                      recorded_at, corrects, entry, leaf_hash)
  SELECT first + row.place - 1, row.id, row.stream, row.version, row.type, row.schema, row.known_from, row.known_seq,
         row.occurred_on, instant, row.corrects, row.entry, row.leaf_hash
  FROM ROWS FROM (
    jsonb_to_recordset(batch) AS (
      id uuid, stream text, type text, schema smallint, known_from date, known_seq integer, occurred_on text,
      corrects uuid),
    unnest(versions), unnest(entries), unnest(leaves)) WITH ORDINALITY
    AS row(id, stream, type, schema, known_from, known_seq, occurred_on, corrects, version, entry, leaf_hash, place)
  RETURNING event.position, event.version, event.recorded_at, event.entry, true;
END $$;
