-- The one way into the log. In one statement: lock the head row, check expected versions, give out positions, versions
-- and the instant, complete the canonical bytes, hash them, extend the Merkle frontier, insert.
--
-- batch: [{id, stream, nth, type, schema, known_from, known_seq, occurred_on, corrects, open, middle, close}, ...] where
--   the canonical entry is open || position || middle || recorded_at || close || version || "}", and nth counts the
--   batch's events of one stream, from 1; see tracker.log.
-- expected: {stream: version} as of before the batch; -1 means any, -2 means the stream must exist.
--
-- A batch whose ids are all recorded already returns the first result with fresh = false.
--
-- Plans are made once for a session and use indexes only: what was planned while the log was small must not scan it
-- once it is large.
CREATE OR REPLACE FUNCTION tracker_append(batch jsonb, expected jsonb)
RETURNS TABLE (out_position bigint, out_version integer, out_recorded_at timestamptz, out_entry bytea, fresh boolean)
LANGUAGE plpgsql
SET lock_timeout = '5s' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  total integer := jsonb_array_length(batch);
  ids uuid[] := ARRAY(SELECT (item.value->>'id')::uuid
                        FROM jsonb_array_elements(batch) WITH ORDINALITY AS item(value, place) ORDER BY item.place);
  length bigint;
  first bigint;
  before timestamptz;
  instant timestamptz;
  stamp text;
  tree bytea[];
  known integer;
  conflict record;
  item jsonb;
  version integer;
  entry bytea;
  leaf bytea;
  versions integer[];
  entries bytea[];
  leaves bytea[];
  rest bigint;
BEGIN
  SELECT head.size, head.recorded_at, head.frontier INTO STRICT length, before, tree
    FROM tracker_head AS head WHERE head.id = 1 FOR UPDATE;

  SELECT count(*) INTO known FROM tracker_event AS event WHERE event.id = ANY (ids);
  IF known = total THEN
    RETURN QUERY SELECT event.position, event.version, event.recorded_at, event.entry, false
      FROM unnest(ids) WITH ORDINALITY AS item(id, place) JOIN tracker_event AS event ON event.id = item.id
      ORDER BY item.place;
    RETURN;
  ELSIF known > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'LC001', MESSAGE = format('%s of %s event ids are recorded already', known, total);
  END IF;

  IF expected <> '{}' THEN
    SELECT want.key AS stream, want.value::int AS wanted, last.version AS found INTO conflict
      FROM jsonb_each_text(expected) AS want, LATERAL (
        SELECT coalesce(max(event.version), 0) FROM tracker_event AS event WHERE event.stream = want.key) AS last(version)
      WHERE (want.value::int = -2 AND last.version = 0) OR (want.value::int >= 0 AND last.version <> want.value::int)
      LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'LC002', MESSAGE = 'wrong expected version', DETAIL = to_json(conflict)::text;
    END IF;
  END IF;

  instant := greatest(date_trunc('microseconds', clock_timestamp()), before + interval '1 microsecond');
  stamp := to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
  first := length + 1;

  FOR i IN 1 .. total LOOP
    item := batch->(i - 1);
    SELECT coalesce(max(event.version), 0) + (item->>'nth')::int INTO version
      FROM tracker_event AS event WHERE event.stream = item->>'stream';
    entry := convert_to(
      (item->>'open') || (length + 1) || (item->>'middle') || stamp || (item->>'close') || version || '}', 'UTF8');
    leaf := sha256('\x00'::bytea || entry);
    versions[i] := version;
    entries[i] := entry;
    leaves[i] := leaf;
    rest := length;
    WHILE rest & 1 = 1 LOOP
      leaf := sha256('\x01'::bytea || tree[array_upper(tree, 1)] || leaf);
      tree := trim_array(tree, 1);
      rest := rest >> 1;
    END LOOP;
    tree := tree || leaf;
    length := length + 1;
  END LOOP;

  -- The head goes first: rows that it does not announce are refused.
  UPDATE tracker_head AS head SET size = length, recorded_at = instant, frontier = tree WHERE head.id = 1;

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
