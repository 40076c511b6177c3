"""What goes wrong in event stores, what stands against it here, and the tests that fail when it is taken away.

`tests.faults.mutations` takes each remedy away; `docs/pitfalls.md` is made of this list.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedy:
    """What stands against a pitfall: the text in a file, what to put in its place to be without it, and who notices."""

    says: str
    file: str
    text: str
    without: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Pitfall:
    name: str
    wrong: str
    """What goes wrong without a remedy."""
    remedies: tuple[Remedy, ...]


APPEND, DENSE, GUARDS, WAITING = (
    f"tracker/migrations/sql/{name}.sql" for name in ("append", "dense", "immutability", "waiting")
)
ENGINE, REBUILD, PARKING, TASKS = (f"tracker/{name}.py" for name in ("projections", "rebuild", "parking", "tasks"))
RUNNING, APPENDING, READING = "tracker/running.py", "tracker/log/appending.py", "tracker/log/reading.py"
RACES, LOG, PROJECTIONS, REBUILDS = (
    f"tests/tracker/test_{name}.py::" for name in ("races", "log", "projections", "rebuild")
)
WAKING, IMMUTABLE, STATUS, PRESENT = (
    f"tests/tracker/test_{name}.py::" for name in ("tasks", "immutability", "status", "without")
)
ROLES, MEETING = "tests/operations/test_roles.py::", "tests/tracker/test_waiting.py::"
READ = '"position > %s": after,'
LOCK = "FROM tracker_head AS head WHERE head.id = 1 FOR UPDATE;"
CLAIM = "rows = Checkpoint.objects.select_for_update(skip_locked=True)\n    rows = rows"

PITFALLS = [
    Pitfall(
        "Numbers in another order than commits",
        "A reader passes 5, then 4 commits: it is never read.",
        (
            Remedy(
                "one head row, locked by every append until it commits",
                APPEND,
                LOCK,
                LOCK.replace(" FOR UPDATE", ""),
                (RACES + "test_eight_racing_writers_lose_nothing_and_leave_no_gap_while_a_reader_follows",),
            ),
            Remedy(
                "no row enters the log that the head, moved before it, does not announce",
                DENSE,
                "OR last - first + 1 <> total OR last <> size) THEN",
                "OR last - first + 1 <> total) THEN",
                (IMMUTABLE + "test_a_row_that_follows_but_that_the_head_does_not_announce_is_refused",),
            ),
        ),
    ),
    Pitfall(
        "Gaps guessed from several snapshots",
        "What is a gap that will fill and what is none is guessed, and guessed wrong.",
        (
            Remedy(
                "there are no gaps: a step that meets one stops the projection",
                ENGINE,
                "if [item.position for item in items] != list(expected):",
                "if False:",
                (PROJECTIONS + "test_a_hole_in_the_log_stops_the_projection",),
            ),
        ),
    ),
    Pitfall(
        "A lost wake-up",
        "An event comes while the projector is finishing, or the broker forgets: nobody looks again.",
        (
            Remedy(
                "after the last step has committed it is looked once more for what is lacking",
                TASKS,
                "if not passed and not any(counts.values()):",
                "if True:",
                (WAKING + "test_an_append_between_the_last_read_and_the_end_is_not_missed",),
            ),
            Remedy(
                "and after a step that another worker was quicker with",
                TASKS,
                "if behind(name for name, count in counts.items() if count == 0):",
                "if False:",
                (WAKING + "test_nor_is_one_that_comes_while_somebody_else_is_quicker",),
            ),
            Remedy(
                "a worker says that it has heard before it reads",
                TASKS,
                "    _heard()\n    deadline =",
                "    deadline =",
                (WAKING + "test_one_wake_up_in_the_queue_stands_for_all_appends_until_a_worker_has_heard_it",),
            ),
            Remedy(
                "the sweep wakes whatever is behind, whatever was sent before",
                TASKS,
                "    if behind(kind.name for kind in projections()):\n        wake()",
                "    if behind(kind.name for kind in projections()):\n        nudge()",
                (WAKING + "test_the_sweep_wakes_even_where_a_wake_up_was_lost_on_its_way",),
            ),
        ),
    ),
    Pitfall(
        "A task delivered twice",
        "The broker gives a task to a second worker while the first is at work.",
        (
            Remedy(
                "who finds the checkpoint claimed leaves it to its holder, at once",
                ENGINE,
                CLAIM,
                CLAIM.replace("skip_locked=True", ""),
                (RACES + "test_a_held_checkpoint_is_left_to_its_holder",),
            ),
        ),
    ),
    Pitfall(
        "Two workers move one checkpoint",
        "Both apply the same events, or the last to write sets it back.",
        (
            Remedy(
                "the checkpoint moves, with the rows, only from where the step began",
                ENGINE,
                "filter(pk=checkpoint.pk, position=checkpoint.position).update(\n        position=",
                "filter(pk=checkpoint.pk).update(\n        position=",
                (PROJECTIONS + "test_a_checkpoint_that_moved_under_its_lock_stops_the_projection",),
            ),
        ),
    ),
    Pitfall(
        "A lease by the clock",
        "A crash blocks everybody until the lease runs out; a pause longer than the lease makes two owners.",
        (
            Remedy(
                "the claim is a row lock, which dies with its connection and with nothing else",
                ENGINE,
                CLAIM,
                "rows = Checkpoint.objects.all()\n    rows = rows",
                (RACES + "test_a_held_checkpoint_is_left_to_its_holder",),
            ),
        ),
    ),
    Pitfall(
        "Advisory locks of a session",
        "Behind a pooler the lock is another session's, or is held by nobody.",
        (
            Remedy(
                "no advisory lock anywhere: every lock is of a row and ends with its transaction",
                APPEND,
                LOCK,
                f"{LOCK} PERFORM pg_advisory_lock(1);",
                (PRESENT + "test_the_core_does_without",),
            ),
        ),
    ),
    Pitfall(
        "A lock taken in a transaction that has read already",
        "Under repeatable read the log is seen as it was before the lock.",
        (
            Remedy(
                "a start-up check refuses any isolation but read committed",
                "tracker/checks.py",
                '!= "read committed"',
                "is None",
                (IMMUTABLE + "test_the_check_refuses_transactions_that_go_on_reading_what_they_saw_first",),
            ),
        ),
    ),
    Pitfall(
        "Readers that wait for the oldest transaction",
        "One forgotten transaction, in any database of the server, stops every projection.",
        (
            Remedy(
                "what is committed is read at once; no snapshot horizon is asked",
                READING,
                READ,
                READ + ' "(xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint OR %s)": False,',
                (RACES + "test_a_stalled_writer_elsewhere_does_not_hold_the_projection_up",),
            ),
        ),
    ),
    Pitfall(
        "A restored database that hides its events",
        "Transaction numbers of the old server are in the future of the new one.",
        (
            Remedy(
                "nothing that belongs to a server is stored or compared (and a drill restores a dump)",
                READING,
                READ,
                READ + ' "(xmin::text::bigint < 9 OR %s)": False,',
                (PRESENT + "test_the_core_does_without",),
            ),
        ),
    ),
    Pitfall(
        "Instants as positions",
        "Equal or late instants are passed over or read twice.",
        (
            Remedy(
                "the order is the position; an instant only resolves to one",
                READING,
                "ORDER BY position {",
                "ORDER BY known_from {",
                (LOG + "test_reading_is_by_position_stream_category_type_and_known_day_in_both_directions",),
            ),
            Remedy(
                "a position inside a batch, and an instant, resolve down to the end of a batch",
                READING,
                "AND recorded_at < {following} {LAST}",
                "AND {following} IS NOT NULL {LAST}",
                (LOG + "test_a_position_inside_a_batch_resolves_down_to_the_last_batch_end",),
            ),
        ),
    ),
    Pitfall(
        "A clock that steps back",
        '"As recorded on that day" means two things, or nothing.',
        (
            Remedy(
                "one clock, the database's, and never before the instant of the batch before",
                APPEND,
                "greatest(date_trunc('microseconds', clock_timestamp()), before + interval '1 microsecond')",
                "date_trunc('microseconds', clock_timestamp())",
                (
                    LOG + "test_recorded_at_strictly_increases_even_when_the_database_clock_steps_back",
                    RACES + "test_racing_writers_over_a_clock_that_steps_back_are_recorded_without_gap_and_ever_later",
                ),
            ),
            Remedy(
                "a head that would not grow, or would go back in time, is refused by a trigger",
                GUARDS,
                "WHEN (NEW.size <= OLD.size OR NEW.recorded_at <= OLD.recorded_at OR",
                "WHEN (NEW.size <= OLD.size OR",
                (IMMUTABLE + "test_the_head_only_grows_and_keeps_its_log",),
            ),
            Remedy(
                "clocks that differ are said in `status` and at /readyz",
                "tracker/status.py",
                "if abs(ahead) > SKEW_SECONDS:",
                "if False:",
                (STATUS + "test_clocks_that_differ_are_told_and_so_is_an_instant_in_the_future",),
            ),
        ),
    ),
    Pitfall(
        "A commit whose answer is lost",
        "The connection breaks after the commit, the client tries again, and the event is there twice.",
        (
            Remedy(
                "the client gives the event its id; ids that are recorded return the first result, under the lock",
                APPEND,
                "IF known = total THEN",
                "IF false THEN",
                (
                    LOG + "test_the_same_batch_again_returns_the_first_result_whatever_was_recorded_in_between",
                    RACES + "test_of_eight_that_send_the_same_event_all_get_the_same_answer",
                ),
            ),
        ),
    ),
    Pitfall(
        "Success without a row",
        "A conflict is ignored: another event has the id, and the client is told that all is well.",
        (
            Remedy(
                "what is recorded under the id is compared with what was sent",
                APPENDING,
                "if not first[item.id].says(item):",
                "if False:",
                (LOG + "test_another_body_under_the_same_id_is_a_conflict",),
            ),
            Remedy(
                "a batch is repeated whole or not at all",
                APPEND,
                "ELSIF known > 0 THEN",
                "ELSIF false THEN",
                (LOG + "test_a_batch_that_is_recorded_in_part_is_a_conflict",),
            ),
        ),
    ),
    Pitfall(
        "Two writers of one stream",
        "Each decided on a state that the other has changed.",
        (
            Remedy(
                "expected versions are compared under the lock",
                APPEND,
                "  IF FOUND THEN",
                "  IF false THEN",
                (
                    LOG + "test_a_wrong_expected_version_says_what_is_there_and_nothing_is_stored",
                    RACES + "test_of_eight_that_open_a_stream_one_wins",
                ),
            ),
        ),
    ),
    Pitfall(
        "A rebuild while events come",
        "The new rows lack the events of its last moments, or never come to an end.",
        (
            Remedy(
                "the flip is refused while the old generation is ahead",
                REBUILD,
                "if any(new.position < each.position for each in old):",
                "if False:",
                (REBUILDS + "test_events_that_come_during_a_rebuild_are_in_it",),
            ),
            Remedy(
                "the flip holds the old generation still while it compares",
                REBUILD,
                "Checkpoint.objects.filter(projection=name, status__in=SERVING).select_for_update()",
                "Checkpoint.objects.filter(projection=name, status__in=SERVING)",
                (RACES + "test_a_flip_waits_for_the_step_that_is_under_way",),
            ),
            Remedy(
                "the new rows are compared with what was folded before they serve",
                REBUILD,
                "if stored(kind, generation, expected.position, expected.left) != expected.written or (",
                "if (",
                (REBUILDS + "test_a_generation_that_does_not_follow_from_the_log_never_goes_live",),
            ),
            Remedy(
                "and those of the streams that went on meanwhile with a second fold",
                REBUILD,
                "!= scratch_digest(kind, at, parked(kind, generation), streams)",
                "is None",
                (REBUILDS + "test_nor_does_one_whose_rows_of_what_came_meanwhile_do_not",),
            ),
            Remedy(
                "of two rebuilds the second gives up",
                REBUILD,
                "if len(free) < left.count():",
                "if False:",
                (RACES + "test_two_rebuilds_of_one_projection_do_not_disturb_each_other",),
            ),
        ),
    ),
    Pitfall(
        "A poison event",
        "It is retried for ever, or skipped in silence, or everything stops at it.",
        (
            Remedy(
                "its stream is parked, all others go on",
                ENGINE,
                "        if not may_be_the_data(error):\n            raise\n        park(",
                "        raise\n        park(",
                (PROJECTIONS + "test_a_poison_event_parks_its_stream_later_ones_wait_and_all_others_go_on",),
            ),
            Remedy(
                "later events of its stream wait behind it",
                ENGINE,
                "sorted(touched.difference(parked))",
                "sorted(touched)",
                (PROJECTIONS + "test_a_poison_event_parks_its_stream_later_ones_wait_and_all_others_go_on",),
            ),
            Remedy(
                "many parked at once mean that the code is wrong: the projection stops",
                PARKING,
                "if standing > MAX_PARK:",
                "if False:",
                (
                    PROJECTIONS + "test_many_failing_streams_are_a_fault_of_the_code_and_leave_the_checkpoint_alone",
                    PROJECTIONS + "test_streams_that_fail_one_after_the_other_are_counted_together",
                ),
            ),
        ),
    ),
    Pitfall(
        "A database error inside a step",
        "The transaction is broken: the same step fails for ever.",
        (
            Remedy(
                "the quick way of all streams together has a savepoint",
                ENGINE,
                "        with transaction.atomic():\n            fold_streams(kind, generation, streams",
                "        if True:\n            fold_streams(kind, generation, streams",
                (PROJECTIONS + "test_a_poison_event_parks_its_stream_later_ones_wait_and_all_others_go_on",),
            ),
            Remedy(
                "and so has each stream by itself",
                PARKING,
                "        with transaction.atomic():\n            fold_streams(kind, generation, [stream]",
                "        if True:\n            fold_streams(kind, generation, [stream]",
                (PROJECTIONS + "test_a_poison_event_parks_its_stream_later_ones_wait_and_all_others_go_on",),
            ),
            Remedy(
                "a lost connection or a lock is no fault of the data",
                PARKING,
                'return isinstance(error, DataError | IntegrityError) or too_large.startswith("54")',
                "return True",
                (
                    RACES + "test_trouble_that_passes_is_raised_and_neither_parks_nor_stops",
                    PROJECTIONS + "test_a_missing_column_is_a_fault_and_parks_nothing",
                ),
            ),
        ),
    ),
    Pitfall(
        "Poison that depends on how much is read at once",
        "A bad state is masked when a later event of the same step repairs it.",
        (
            Remedy(
                "every batch is a state of its own, whatever the step",
                RUNNING,
                "lambda item: item.recorded_at):",
                "lambda item: item.stream):",
                (PROJECTIONS + "test_a_bad_state_that_a_later_batch_repairs_is_not_masked_by_a_large_step",),
            ),
            Remedy(
                "a stream that fails is folded as far as it goes, batch by batch",
                PARKING,
                "for end, _ in batches(items, since):",
                "for end in [upto]:",
                (PROJECTIONS + "test_a_poison_event_later_in_the_same_step_takes_nothing_of_its_stream_with_it",),
            ),
            Remedy(
                "a step never cuts a batch",
                READING,
                "return found + recorded(REST_OF_BATCH,",
                "return found or recorded(REST_OF_BATCH,",
                (
                    PROJECTIONS + "test_a_step_never_cuts_a_batch",
                    LOG + "test_a_page_of_batches_never_cuts_one",
                ),
            ),
        ),
    ),
    Pitfall(
        "Events of another schema",
        "Old ones break the fold; new ones lose what the code does not know.",
        (
            Remedy(
                "old ones are brought up to today's schema as they are read",
                "tracker/events.py",
                "data = self.upcasters[step](data)",
                "pass",
                (LOG + "test_an_event_of_an_older_schema_is_upcast_when_read_and_its_bytes_stay",),
            ),
            Remedy(
                "new ones pause the projection, which goes on by itself with newer code",
                PARKING,
                "NEWER_CODE_WROTE_IT = (FutureSchema, UnknownEventType)",
                "NEWER_CODE_WROTE_IT = ()",
                (
                    PROJECTIONS + "test_a_newer_schema_pauses_the_projection_just_before_it_and_skips_nothing",
                    PROJECTIONS + "test_an_unknown_type_pauses_it_too",
                    PROJECTIONS + "test_newer_code_goes_on_by_itself",
                ),
            ),
            Remedy(
                "and it pauses just before them",
                ENGINE,
                "if limit > 1:",
                "if False:",
                (PROJECTIONS + "test_a_newer_schema_pauses_the_projection_just_before_it_and_skips_nothing",),
            ),
        ),
    ),
    Pitfall(
        "Events that come late",
        "What is recorded later was known, or took effect, earlier: the current row is wrong.",
        (
            Remedy(
                "a batch that does not follow in order of the known clock has its stream folded anew",
                RUNNING,
                "item.known_from is not None and (item.known_from, item.known_seq or 0, item.position) > self.last",
                "item.known_from is not None",
                (
                    PROJECTIONS
                    + "test_what_was_known_earlier_than_what_is_recorded_before_it_takes_its_place_on_the_known_clock",
                ),
            ),
            Remedy(
                "an entry effective earlier never wipes one effective later that was announced before",
                "measures/standing.py",
                "insort(self.by_day, act, key=_day_and_order)",
                "self.by_day.append(act)",
                (
                    "tests/measures/test_timeline_late.py::"
                    "test_a_late_open_ended_step_changes_no_day_from_a_later_step_on",
                ),
            ),
        ),
    ),
    Pitfall(
        "Memory of another log",
        "A worker goes on with a fold of what was rolled back, restored or written elsewhere.",
        (
            Remedy(
                "what is remembered is used where the log's newest leaf hash of the stream is its own",
                "tracker/folding.py",
                "if marks.get(stream) == course.mark}",
                "}",
                (PROJECTIONS + "test_what_a_process_remembers_of_another_log_is_not_gone_on_with",),
            ),
        ),
    ),
    Pitfall(
        "Time that passes without an event",
        "A measure begins at midnight; an answer kept since yesterday is served on.",
        (
            Remedy(
                "rows are periods, and the tag of an answer holds the day that it is for",
                "tracker/api/reading.py",
                "asked.build_absolute_uri(), question.clocks())",
                "asked.build_absolute_uri(), question.point.position)",
                ("tests/measures/api/test_caching.py::test_the_etag_of_today_is_another_one_tomorrow",),
            ),
        ),
    ),
    Pitfall(
        "A checkpoint that passes what it has not read",
        "The head is read after the events: what came in between is lost.",
        (
            Remedy(
                "the checkpoint moves to the last event that was read, never to the head",
                ENGINE,
                "position=last.position, leaf_hash=",
                "position=log.head().position, leaf_hash=",
                (WAKING + "test_project_steps_until_all_are_caught_up",),
            ),
        ),
    ),
    Pitfall(
        "Health that says well while nothing moves",
        "The dead cannot say that they are dead.",
        (
            Remedy(
                "who asks computes the lag, from the log and the checkpoint",
                "tracker/status.py",
                "lag_seconds=max((now - first_missing.recorded_at).total_seconds(), 0.0) if first_missing else 0.0,",
                "lag_seconds=0.0,",
                (STATUS + "test_a_dead_worker_cannot_look_healthy",),
            ),
        ),
    ),
    Pitfall(
        "NOTIFY in the way of every commit",
        "It takes one lock of the whole server and makes parallel commits queue.",
        (
            Remedy(
                "neither NOTIFY nor LISTEN is used; a wake-up is a message, and the sweep repairs a lost one",
                APPEND,
                "  first := length + 1;\n",
                "  first := length + 1;\n  PERFORM pg_notify('log', '');\n",
                (PRESENT + "test_the_core_does_without",),
            ),
        ),
    ),
    Pitfall(
        "One row that every append rewrites",
        "While a long snapshot is open its dead versions pile up, and appends get slow.",
        (
            Remedy(
                "room beside it on its page, and an early vacuum",
                GUARDS,
                "ALTER TABLE tracker_head SET (fillfactor = 10, autovacuum_vacuum_threshold = 500,"
                " autovacuum_vacuum_scale_factor = 0);",
                "",
                (LOG + "test_the_head_row_has_room_for_its_next_versions_and_is_vacuumed_early",),
            ),
        ),
    ),
    Pitfall(
        "An append inside a long transaction",
        "The log stands still until a whole request, or a forgotten session, comes to its end.",
        (
            Remedy(
                "an append is a transaction of its own and refuses to be part of another",
                APPENDING,
                "transaction.atomic(durable=True)",
                "transaction.atomic()",
                (LOG + "test_an_append_refuses_to_hold_the_log_for_as_long_as_somebody_elses_transaction",),
            ),
            Remedy(
                "it waits five seconds for the head, and no longer",
                APPEND,
                "SET lock_timeout = '5s' SET",
                "SET",
                (LOG + "test_an_append_waits_for_the_head_no_longer_than_five_seconds",),
            ),
            Remedy(
                "and then says when to ask again",
                "tracker/api/problems.py",
                'return Problem("log-busy", str(error), headers={"Retry-After": "1"})',
                "return None",
                ("tests/measures/api/test_busy.py::test_a_log_that_is_held_is_a_503_that_says_when_to_ask_again",),
            ),
            Remedy(
                "the server ends sessions of the application that stay in a transaction",
                "tracker/roles.py",
                '    "idle_in_transaction_session_timeout": "2min",\n',
                "",
                (ROLES + "test_the_server_gives_up_on_an_application_that_was_cut_off_in_a_transaction",),
            ),
        ),
    ),
    Pitfall(
        "Several appends in one commit",
        "One that is refused undoes its neighbours; one that was given up is recorded after all; one is told that it is"
        " recorded before it is on the disk.",
        (
            Remedy(
                "each is a savepoint of its own, and what was refused is an answer",
                WAITING,
                "        EXCEPTION WHEN OTHERS THEN",
                "        EXCEPTION WHEN division_by_zero THEN",
                (MEETING + "test_what_is_refused_is_told_its_owner_and_undoes_nothing_else",),
            ),
            Remedy(
                "who gives up takes the batch back, and is told where it was recorded first",
                APPENDING,
                "[(*found, refused, done)] = prepared.rows(WITHDRAW, [request])",
                "found, refused, done = [], None, False",
                (
                    MEETING + "test_who_gives_up_takes_the_batch_back_and_nobody_records_it_later",
                    MEETING + "test_who_gives_up_while_it_is_being_recorded_is_told_that_it_is",
                ),
            ),
            Remedy(
                "what a writer left that went away is too old after ten seconds",
                WAITING,
                "AND (other.id = request OR other.left_at > clock_timestamp() - interval '10 s')",
                "",
                (MEETING + "test_what_a_writer_left_that_went_away_is_not_recorded_once_it_is_old",),
            ),
            Remedy(
                "only who fetches what another has recorded, and committed, is spared the flush",
                WAITING,
                "  IF (SELECT own.done",
                "  IF set_config('synchronous_commit', 'off', true) = 'off' AND (SELECT own.done",
                (MEETING + "test_only_what_records_nothing_is_committed_without_a_flush",),
            ),
            Remedy(
                "requests are numbered by time, which a crash does not set back",
                WAITING,
                "((extract(epoch FROM clock_timestamp()) * 1000)::bigint << 20) + nextval('tracker_came') % (1 << 20)",
                "nextval('tracker_came')",
                (MEETING + "test_no_request_of_before_a_crash_is_answered_with_what_became_of_a_later_one",),
            ),
            Remedy(
                "a request that is gone may be recorded, and its reason is kept",
                APPENDING,
                "if done is None:",
                "if False:",
                (MEETING + "test_who_finds_no_answer_is_not_told_that_nothing_was_recorded_and_the_reason_is_kept",),
            ),
            Remedy(
                "a long snapshot makes nobody read what was answered before",
                WAITING,
                "AND other.id > request - (1000::bigint << 20)",
                "",
                (MEETING + "test_what_was_answered_while_somebody_reads_a_snapshot_is_not_read_by_each_append",),
            ),
            Remedy(
                "nor look up locks that a transaction and its savepoints shared",
                WAITING,
                "tracker_append_waiting(request, false)",
                "tracker_append_waiting(request, true)",
                (MEETING + "test_a_group_leaves_no_shared_locks_behind_which_all_who_come_to_the_head_would_look_up",),
            ),
        ),
    ),
    Pitfall(
        "Ways round immutability",
        "An update, a truncate, replication mode, a trigger that is gone.",
        (
            Remedy(
                "triggers refuse every change and removal",
                GUARDS,
                "CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON tracker_event",
                "CREATE TRIGGER event_no_change BEFORE UPDATE ON tracker_event",
                (IMMUTABLE + "test_sql_cannot_change_or_remove_what_was_recorded_in_any_replication_role",),
            ),
            Remedy(
                "in replication mode too",
                GUARDS,
                "ALTER TABLE tracker_event ENABLE ALWAYS TRIGGER event_no_truncate;",
                "",
                (
                    IMMUTABLE + "test_sql_cannot_change_or_remove_what_was_recorded_in_any_replication_role",
                    IMMUTABLE + "test_the_checks_find_nothing_wrong_with_a_fresh_log",
                ),
            ),
            Remedy(
                "nothing starts while one of them is missing",
                "tracker/checks.py",
                "if _is_migrated(using) and (gone := missing_triggers(using))",
                "if (gone := missing_triggers(using)) and False",
                (
                    IMMUTABLE + "test_the_check_fails_when_a_trigger_is_not_always_on",
                    IMMUTABLE + "test_the_check_fails_when_a_trigger_is_gone",
                ),
            ),
            Remedy(
                "the application's role owns nothing and may only read the log's tables",
                "tracker/roles.py",
                '        if table in READ_ONLY:\n            return ("SELECT",)\n',
                "",
                (ROLES + "test_the_application_is_refused",),
            ),
            Remedy(
                "what a superuser changed behind all this is found by its hash",
                "tracker/ledger/checking.py",
                'require(leaf_hash(item.entry) == item.leaf_hash, f"{where}: the entry is not what was hashed")',
                "pass",
                ("tests/tracker/ledger/test_tampering.py::test_a_row_updated",),
            ),
            Remedy(
                "and what was hashed again by the head, and by signed checkpoints that others keep",
                "tracker/ledger/checking.py",
                "require(found.roots.get(said.size) == said.root,",
                "require(found.size,",
                (
                    "tests/tracker/ledger/test_tampering.py::"
                    "test_history_rewritten_and_signed_again_is_found_by_a_pin_alone",
                ),
            ),
        ),
    ),
    Pitfall(
        "A broker that is down or hangs",
        "Recording waits for it, or fails.",
        (
            Remedy(
                "every call to it is given up after half a second",
                "config/settings.py",
                '"socket_timeout": 0.5,',
                '"socket_timeout": None,',
                ("tests/faults/test_worker.py::test_a_broker_that_hangs_keeps_nobody_from_recording",),
            ),
            Remedy(
                "what could not be sent costs a line in the log; the sweep finds the event",
                TASKS,
                "except (OperationalError, redis.RedisError, ConnectionError, TimeoutError, OSError) as error:",
                "except ZeroDivisionError as error:",
                (WAKING + "test_a_broker_that_is_down_costs_a_line_in_the_log",),
            ),
        ),
    ),
]
