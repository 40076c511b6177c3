"""Every projection, grown entry by entry, has at each entry the rows of its fold: over all shipped streams."""

import pytest

from measures.projections import PROJECTIONS
from tracker import log
from tracker.corrections import settle
from tracker.projections import Projection
from tracker.running import Row


@pytest.mark.parametrize("kind", PROJECTIONS, ids=lambda kind: kind.name)
def test_running_gives_the_rows_of_the_fold(loaded: None, kind: Projection) -> None:
    streams = {item.stream for item in log.read() if kind.concerns(item.stream)}
    assert streams or kind.name == "groups"
    for stream in streams:
        entries, running, held = settle(log.read(stream=stream)), kind.start(stream), dict[bytes, Row]()
        for count, entry in enumerate(entries, start=1):
            found = running.add([entry])
            for row in found.gone:
                del held[row.digest]
            held |= {row.digest: row for row in found.came}
            assert held.keys() == {row.digest for row in kind.fold(stream, entries[:count])}, (stream, entry.position)
