"""What a wake-up finds to do: which projections to step, and which what is new does not concern."""

from __future__ import annotations

from typing import Any

from tracker import prepared
from tracker.projections import RUNNING, STEP, Status, projections


def lacking() -> dict[str, bool]:
    """The projections that lack events, each with whether it has to be stepped, or can be passed by."""
    return {name: not unconcerned for name, unconcerned in prepared.rows(LACKING, [*_code(), list(RUNNING)])}


def pass_by() -> int:
    """Moves the projections that lack only events that do not concern them, in one statement; says how many.

    A checkpoint that somebody holds is left to its holder, and none that is to be stepped is held. Its commit waits for
    no flush, as that of a step.
    """
    return len(prepared.rows(PASS_BY, _code()))


def _code() -> list[list[Any]]:
    kinds = projections()
    categories = [" ".join(kind.categories) for kind in kinds]
    return [[kind.name for kind in kinds], [kind.version for kind in kinds], categories]


CODE = "unnest(%s::text[], %s::int[], %s::text[]) WITH ORDINALITY AS code(projection, fold_version, categories, place)"
NEWEST = "(SELECT position, leaf_hash FROM tracker_event WHERE position = (SELECT size FROM tracker_head)) AS newest"
UNCONCERNED = f"""(old.status = '{Status.LIVE}' AND newest.position - old.position <= {STEP}
AND newest.position - old.position = (
    SELECT count(*) FROM tracker_event AS event
    WHERE event.position > old.position AND event.position <= newest.position
      AND split_part(stream, '/', 1) <> ALL(string_to_array(categories, ' '))))"""  # noqa: S608 - our own words
"""It lacks few events, all of them are there, and none is in a stream that it folds."""
LACKING = f"""
SELECT old.projection, {UNCONCERNED}
FROM tracker_checkpoint AS old JOIN {CODE} USING (projection, fold_version), {NEWEST}
WHERE old.status = ANY(%s::text[]) AND old.position < newest.position ORDER BY place
"""  # noqa: S608
PASS_BY = f"""
WITH free AS (
    SELECT old.id, newest.position, newest.leaf_hash
    FROM tracker_checkpoint AS old JOIN {CODE} USING (projection, fold_version), {NEWEST}
    WHERE old.position < newest.position AND {UNCONCERNED} FOR UPDATE OF old SKIP LOCKED
)
UPDATE tracker_checkpoint AS passed SET position = free.position, leaf_hash = free.leaf_hash, updated_at = now()
FROM free WHERE passed.id = free.id RETURNING passed.id, set_config('synchronous_commit', 'off', true)
"""  # noqa: S608
