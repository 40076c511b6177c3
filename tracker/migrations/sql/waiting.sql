-- Appends that meet at the head. Who finds it locked leaves its request here; who gets the lock next records all that
-- wait, in the order in which they came, in one commit and so with one flush. Nothing here has value: a crash empties
-- the table, and nobody was told that what it held is recorded.
-- A request is numbered by the millisecond and a sequence: a crash sets that back too, and who asks afterwards for what
-- was lost must not be given what became of another's.
CREATE UNLOGGED SEQUENCE tracker_came;
CREATE UNLOGGED TABLE tracker_waiting (
  id bigint PRIMARY KEY
    DEFAULT ((extract(epoch FROM clock_timestamp()) * 1000)::bigint << 20) + nextval('tracker_came') % (1 << 20),
  batch jsonb NOT NULL,
  expected jsonb NOT NULL,
  left_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  done boolean NOT NULL DEFAULT false,
  first bigint,
  versions integer[],
  instant timestamptz,
  refused jsonb
) WITH (fillfactor = 40, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
ALTER SEQUENCE tracker_came OWNED BY tracker_waiting.id;

-- Appends at once where the head is free. Where it is not, leaves the request for `tracker_append_left`.
CREATE FUNCTION tracker_append_or_leave(
  batch jsonb, expected jsonb, OUT first bigint, OUT versions integer[], OUT instant timestamptz, OUT request bigint)
LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
BEGIN
  PERFORM FROM tracker_head AS head WHERE head.id = 1 FOR UPDATE SKIP LOCKED;
  IF FOUND THEN
    SELECT * INTO first, versions, instant FROM tracker_append(batch, expected);
  ELSE
    INSERT INTO tracker_waiting (batch, expected) VALUES (batch, expected) RETURNING id INTO request;
    PERFORM set_config('synchronous_commit', 'off', true);
  END IF;
END $$;

-- Waits for the head and answers a request; unless it is recorded by then, records it with all others that wait. What
-- was refused says why: raising it would undo what is recorded with it.
-- All at once first, in one savepoint: a head that is locked outside of a savepoint and moved inside keeps both, which
-- all who come to it look up while some long snapshot keeps its old versions. Only where one is refused, each apart.
CREATE FUNCTION tracker_append_left(
  request bigint, OUT first bigint, OUT versions integer[], OUT instant timestamptz, OUT refused jsonb)
LANGUAGE plpgsql SET lock_timeout = '5s' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  BEGIN
    SELECT * INTO first, versions, instant, refused FROM tracker_append_waiting(request, false);
  EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE IN ('55P03', '40P01') THEN  -- a table is locked, which is no fault of a batch
      RAISE;
    END IF;
    SELECT * INTO first, versions, instant, refused FROM tracker_append_waiting(request, true);
  END;
END $$;

-- Records a request and all others that wait, unless somebody did; `apart`, each in a savepoint of its own.
-- The requests of those who went away are not recorded once they are old, and forgotten. Who came more than a second
-- earlier asks by itself: while a dump keeps what is deleted from being cleaned up, the rows before must not be read
-- each time, nor by who forgets.
CREATE FUNCTION tracker_append_waiting(
  request bigint, apart boolean, OUT first bigint, OUT versions integer[], OUT instant timestamptz, OUT refused jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  waiting tracker_waiting;
  said text;
  more text;
BEGIN
  PERFORM FROM tracker_head AS head WHERE head.id = 1 FOR UPDATE;
  IF (SELECT own.done FROM tracker_waiting AS own WHERE own.id = request) THEN
    PERFORM set_config('synchronous_commit', 'off', true);
  ELSE
    FOR waiting IN SELECT * FROM tracker_waiting AS other
                   WHERE NOT other.done AND other.id > request - (1000::bigint << 20)
                     AND (other.id = request OR other.left_at > clock_timestamp() - interval '10 s')
                   ORDER BY other.id FOR UPDATE SKIP LOCKED LOOP
      IF apart THEN
        BEGIN
          PERFORM tracker_append_one(waiting);
        EXCEPTION WHEN OTHERS THEN
          IF SQLSTATE IN ('55P03', '40P01') THEN
            RAISE;
          END IF;
          GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
          UPDATE tracker_waiting AS own
            SET done = true, refused = jsonb_build_object('code', SQLSTATE, 'message', said, 'detail', more)
            WHERE own.id = waiting.id;
        END;
      ELSE
        PERFORM tracker_append_one(waiting);
      END IF;
    END LOOP;
    IF request % 64 = 0 THEN
      DELETE FROM tracker_waiting AS old WHERE old.id < request - (3600000::bigint << 20);
    END IF;
  END IF;
  DELETE FROM tracker_waiting AS own WHERE own.id = request AND own.done
    RETURNING own.first, own.versions, own.instant, own.refused INTO STRICT first, versions, instant, refused;
END $$;

CREATE FUNCTION tracker_append_one(waiting tracker_waiting) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE tracker_waiting AS own
    SET done = true, first = entry.first, versions = entry.versions, instant = entry.instant
    FROM tracker_append(waiting.batch, waiting.expected) AS entry
    WHERE own.id = waiting.id;
END $$;

-- Takes a request back, and answers it where it was recorded first.
CREATE FUNCTION tracker_withdraw(
  request bigint, OUT first bigint, OUT versions integer[], OUT instant timestamptz, OUT refused jsonb,
  OUT done boolean)
LANGUAGE sql SET lock_timeout = '5s' AS $$
  DELETE FROM tracker_waiting AS own WHERE own.id = request
    RETURNING own.first, own.versions, own.instant, own.refused, own.done;
$$;
