"""The invariants of three clocks and of the ledger, each with the tests that hold it."""

from __future__ import annotations

from importlib import import_module

import pytest

BOXES, FOLD, LATE = (
    "measures.test_projections_properties",
    "measures.test_timeline_oracle",
    "measures.test_timeline_late",
)
CLOCKS, RACES, PROOFS = "tracker.ledger.test_invariants", "tracker.test_races", "tracker.ledger.test_proofs"
TREE, TILES, BUNDLE = "tracker.ledger.test_tree", "tracker.ledger.test_tiles", "tracker.ledger.test_bundle"
CHANGING = "measures.api.test_never_changes"
IN_THE_TABLES = "test_rows_follow_from_the_log_however_they_came_about_and_never_change_the_past"

INVARIANTS: dict[str, list[tuple[str, str]]] = {
    "a row at a point is the naive fold of what was recorded and known by then": [
        (FOLD, "test_the_boxes_at_every_position_hold_what_the_naive_reading_says"),
        (BOXES, "test_the_boxes_at_a_point_are_the_fold_of_what_was_recorded_and_known_then"),
    ],
    "no two rows of a subject overlap on all three clocks": [
        (BOXES, "test_boxes_of_one_subject_never_overlap_on_the_three_clocks_together"),
    ],
    "no row is empty on any clock": [(BOXES, "test_no_box_is_empty_on_any_clock")],
    "new batches change no answer at an earlier position, and a row at most once": [
        (BOXES, "test_what_is_recorded_later_never_changes_an_answer_at_an_earlier_position"),
        (BOXES, IN_THE_TABLES),
    ],
    "streams are independent": [(BOXES, "test_streams_do_not_touch_each_other")],
    "the result depends on positions, not on the order of the input": [
        (BOXES, "test_the_order_in_which_events_are_handed_over_does_not_matter"),
    ],
    "equal neighbours are one": [
        (BOXES, "test_equal_segments_never_touch_on_the_valid_clock"),
        (BOXES, "test_equal_boxes_never_touch_on_the_known_clock"),
    ],
    "retracting a just-made correction restores what was": [
        (BOXES, "test_retracting_a_just_made_correction_restores_the_former_boxes_exactly"),
    ],
    "batch by batch gives what a rebuild gives, and no state inside a batch is seen": [
        (BOXES, "test_steps_of_any_size_give_the_same_boxes"),
        (BOXES, "test_how_entries_are_batched_moves_the_recorded_clock_alone"),
        (BOXES, "test_no_state_inside_a_batch_is_ever_seen"),
    ],
    "a late, open-ended, earlier-effective entry changes no day from a later-effective one on": [
        (LATE, "test_a_late_open_ended_step_changes_no_day_from_a_later_step_on"),
    ],
    "rows in PostgreSQL are those in memory": [(BOXES, IN_THE_TABLES)],
    "instants resolve to positions that grow with them and never change": [
        (CLOCKS, "test_an_instant_resolves_to_a_position_that_grows_with_it_and_then_stays"),
        (CLOCKS, "test_an_instant_resolves_to_the_same_position_over_another_connection"),
    ],
    "positions are dense and instants grow under eight writers, also over a clock that steps back": [
        (RACES, "test_eight_racing_writers_lose_nothing_and_leave_no_gap_while_a_reader_follows"),
        (RACES, "test_racing_writers_over_a_clock_that_steps_back_are_recorded_without_gap_and_ever_later"),
    ],
    "an entry read and written is the entry, and is RFC 8785": [
        (CLOCKS, "test_the_canonical_bytes_are_those_of_rfc_8785"),
        (CLOCKS, "test_every_entry_of_the_log_is_rfc_8785_and_reads_back_as_itself"),
    ],
    "frontier, tiles and definition give one root": [
        (TREE, "test_the_frontier_stands_for_the_whole_tree"),
        (CLOCKS, "test_frontier_tiles_and_definition_give_one_root_around_every_width_of_tiles"),
    ],
    "every inclusion proof verifies, and none with a bit changed": [
        (PROOFS, "test_every_inclusion_proof_leads_to_the_root"),
        (PROOFS, "test_one_changed_bit_breaks_an_inclusion_proof"),
        (TILES, "test_every_proof_from_tiles_verifies"),
    ],
    "every consistency proof verifies, a fork's never; the sealer signs no two inconsistent heads": [
        (PROOFS, "test_every_consistency_proof_leads_from_one_root_to_the_other"),
        (PROOFS, "test_a_forked_history_is_never_consistent"),
        (CLOCKS, "test_a_sealer_never_signs_two_heads_of_which_one_does_not_extend_the_other"),
    ],
    "any byte of a bundle changed, any file missing or too many is found": [
        (BUNDLE, "test_any_one_byte_changed_anywhere_is_found"),
        (BUNDLE, "test_a_file_too_many_or_too_few_is_found"),
        (BUNDLE, "test_a_forged_entry_is_found_though_the_list_of_files_was_made_to_fit"),
    ],
    "erasing any texts changes no leaf, root, proof or answer": [
        (CLOCKS, "test_erasing_any_texts_changes_no_leaf_root_proof_or_answer"),
    ],
    "the same explicit clocks give the same bytes over HTTP, whatever comes later": [
        (CHANGING, "test_no_answer_at_a_position_changes_with_what_is_recorded_later"),
    ],
}


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_each_invariant_has_its_tests(invariant: str) -> None:
    for module, name in INVARIANTS[invariant]:
        assert callable(getattr(import_module(f"tests.{module}"), name))


def test_there_are_twenty() -> None:
    assert len(INVARIANTS) == 20
