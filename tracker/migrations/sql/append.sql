-- The one way into the log. In one statement: lock the head row, check ids and expected versions, give out positions,
-- versions and the instant, complete the canonical bytes, hash them, extend the Merkle frontier, move the head, insert.
--
-- batch: [{id, stream, nth, type, schema, known_from, known_seq, occurred_on, corrects, open, close}, ...] where the
--   canonical entry is open || position || ',"recorded_at":"' || recorded_at || close || version || '}', and nth counts
--   the batch's events of one stream, from 1; see tracker.envelope.
-- expected: {stream: version} as of before the batch; -1 means any, -2 means the stream must exist.
--
-- What it found: the first position and each event's version. A batch whose ids are all recorded already is not
-- recorded again: then there is no first position.
--
-- Plans are made once for a session and use indexes only: what was planned while the log was small must not scan it
-- once it is large.
DROP FUNCTION IF EXISTS tracker_append(jsonb, jsonb);
CREATE FUNCTION tracker_append(
  batch jsonb, expected jsonb, OUT first bigint, OUT versions integer[], OUT instant timestamptz)
LANGUAGE plpgsql
SET lock_timeout = '5s' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  total integer := jsonb_array_length(batch);
  length bigint;
  before timestamptz;
  stamp text;
  tree bytea[];
  known bigint;
  conflict record;
  entry bytea;
  leaf bytea;
  entries bytea[];
  leaves bytea[];
  rest bigint;
BEGIN
  SELECT head.size, head.recorded_at, head.frontier INTO STRICT length, before, tree
    FROM tracker_head AS head WHERE head.id = 1 FOR UPDATE;

  SELECT count(recorded.position), array_agg(coalesce(newest.version, 0) + asked.nth ORDER BY asked.place)
    INTO known, versions
    FROM ROWS FROM (jsonb_to_recordset(batch) AS (id uuid, stream text, nth integer)) WITH ORDINALITY
      AS asked(id, stream, nth, place)
    LEFT JOIN tracker_event AS recorded ON recorded.id = asked.id
    LEFT JOIN LATERAL (SELECT event.version FROM tracker_event AS event WHERE event.stream = asked.stream
                       ORDER BY event.version DESC LIMIT 1) AS newest ON true;
  IF known = total THEN
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
  stamp := ',"recorded_at":"' || to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
  first := length + 1;

  FOR i IN 1 .. total LOOP
    entry := convert_to(
      (batch->(i - 1)->>'open') || (length + 1) || stamp || (batch->(i - 1)->>'close') || versions[i] || '}', 'UTF8');
    leaf := sha256('\x00'::bytea || entry);
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

  INSERT INTO tracker_event (position, id, stream, version, type, schema, known_from, known_seq, occurred_on,
                             recorded_at, corrects, entry, leaf_hash)
  SELECT first + row.place - 1, row.id, row.stream, row.version, row.type, row.schema, row.known_from, row.known_seq,
         row.occurred_on, instant, row.corrects, row.entry, row.leaf_hash
  FROM ROWS FROM (
    jsonb_to_recordset(batch) AS (
      id uuid, stream text, type text, schema smallint, known_from date, known_seq integer, occurred_on text,
      corrects uuid),
    unnest(versions), unnest(entries), unnest(leaves)) WITH ORDINALITY
    AS row(id, stream, type, schema, known_from, known_seq, occurred_on, corrects, version, entry, leaf_hash, place);
END $$;
