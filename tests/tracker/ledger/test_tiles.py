"""The tree as it is stored and served: tiles, entry bundles, proofs over HTTP."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracker.ledger.given import ORIGIN, record, sealer
from tracker import log
from tracker.ledger import tiles
from tracker.ledger.canonical import leaf_hash
from tracker.ledger.notes import opened, verifier_key
from tracker.ledger.proofs import extends, includes
from tracker.ledger.tree import extend, root

SIZE = 600


@pytest.fixture
def sealed(db, tmp_path):
    """Six hundred entries, sealed."""
    record(SIZE)
    return sealer(tmp_path).seal()


def roots():
    """The root at every size, from the leaves one by one."""
    frontier: list[bytes] = []
    found, size = [root([])], 0
    for _, _, leaf in log.leaves(upto=SIZE):
        size, frontier = extend(size, frontier, [leaf])
        found.append(root(frontier))
    return found


@pytest.mark.parametrize(
    ("number", "path"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"), (1_000_000_000, "x001/x000/x000/000")],
)
def test_a_tile_path_is_written_in_groups_of_three(number, path):
    assert tiles.tile_path(number) == path
    assert tiles.parsed_path(path) == (number, 256)
    assert tiles.parsed_path(tiles.tile_path(number, 17)) == (number, 17)


@pytest.mark.parametrize(
    "path", ["", "0", "00", "0000", "x000/001", "x001", "001/002", "000.p/0", "000.p/256", "000.p/007", "000.p/", "٠٠٠"]
)
def test_a_tile_path_has_one_way_to_be_written(path):
    assert tiles.parsed_path(path) is None


@given(st.integers(0, 10**12), st.integers(1, 256))
def test_every_tile_path_reads_back(number, wide):
    assert tiles.parsed_path(tiles.tile_path(number, wide)) == (number, wide)


def test_seventy_thousand_leaves_lie_in_the_tiles_of_the_specification():
    full = [sum(tiles.width(level, number, 70_000) == 256 for number in range(300)) for level in range(3)]
    partial = [
        [wide for number in range(300) if 0 < (wide := tiles.width(level, number, 70_000)) < 256] for level in range(3)
    ]
    assert full == [273, 1, 0]
    assert partial == [[112], [17], [1]]


@pytest.mark.django_db
def test_the_root_from_tiles_is_the_root_from_leaves_at_every_size(sealed):
    expected = roots()
    for size in (1, 2, 3, 255, 256, 257, 511, 512, 513, SIZE):
        assert tiles.root_at(size) == expected[size]


@pytest.mark.django_db
def test_every_proof_from_tiles_verifies(sealed):
    expected = roots()
    leaves = [leaf for _, _, leaf in log.leaves(upto=SIZE)]

    @settings(max_examples=60)
    @given(st.integers(1, SIZE), st.data())
    def check(size, data):
        index = data.draw(st.integers(0, size - 1))
        assert includes(leaves[index], index, size, tiles.inclusion_proof(index, size), expected[size])
        assert extends(index, size, tiles.consistency_proof(index, size), expected[index], expected[size])

    check()


@pytest.mark.django_db
def test_a_proof_costs_two_queries_at_most(sealed, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):  # leaves; nodes
        tiles.inclusion_proof(3, SIZE)


@pytest.mark.django_db
def test_the_ledger_serves_what_an_outsider_needs_to_check_the_tree_alone(sealed, client):
    keys = [verifier_key(line) for line in client.get("/ledger/keys").content.decode().splitlines()]
    note = client.get("/ledger/checkpoint")
    assert note["Content-Type"] == "text/plain; charset=utf-8"
    head = opened(note.content.decode(), keys, ORIGIN)
    hashes = b"".join(client.get(f"/ledger/tile/0/{tiles.tile_path(number, wide)}").content for number, wide in parts())
    entries = [entry for number, wide in parts() for entry in unpacked(client, number, wide)]
    assert [leaf_hash(entry) for entry in entries] == [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    assert root(extend(0, [], map(leaf_hash, entries))[1]) == head.root
    assert (len(entries), head.size) == (SIZE, SIZE)


def parts():
    return [(0, 256), (1, 256), (2, SIZE - 512)]


def unpacked(client, number, wide):
    data = client.get(f"/ledger/tile/entries/{tiles.tile_path(number, wide)}").content
    while data:
        length = int.from_bytes(data[:2], "big")
        yield data[2 : 2 + length]
        data = data[2 + length :]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["tile/0/003", "tile/0/002", "tile/0/002.p/89", "tile/1/000", "tile/1/000.p/3", "tile/2/000.p/1", "tile/64/000"],
)
def test_what_the_checkpoint_does_not_cover_is_not_served(sealed, client, path):
    assert client.get(f"/ledger/{path}").status_code == 404


@pytest.mark.django_db
def test_tiles_may_be_kept_for_ever_and_the_checkpoint_for_seconds(sealed, client):
    assert client.get("/ledger/tile/1/000.p/2")["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/ledger/checkpoint")["Cache-Control"] == "public, max-age=5"


@pytest.mark.django_db
def test_a_partial_tile_of_an_earlier_checkpoint_is_still_served(sealed, client):
    assert client.get("/ledger/tile/0/002.p/10").content == tiles.tile(0, 2, 10)


@pytest.mark.django_db
def test_before_the_first_checkpoint_there_is_nothing_to_serve(client):
    record(1)
    assert client.get("/ledger/checkpoint").status_code == 404
    answer = client.get("/api/v1/ledger/checkpoint/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-sealed")


@pytest.mark.django_db
def test_the_api_proves_that_an_entry_is_in_the_log(sealed, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):  # the seal; leaves; nodes
        said = client.get("/api/v1/ledger/proofs/inclusion/?position=7").json()
    entry = client.get("/api/v1/ledger/entries/?after=6&limit=1").json()["results"][0]["entry"]
    path = [b64decode(item) for item in said["hashes"]]
    assert includes(leaf_hash(entry.encode()), said["leaf_index"], said["size"], path, b64decode(said["root_hash"]))
    keys = client.get("/api/v1/ledger/checkpoint/").json()["keys"]
    assert opened(said["checkpoint"], map(verifier_key, keys)).root == b64decode(said["root_hash"])


@pytest.mark.django_db
def test_the_api_proves_that_the_log_only_grew(sealed, client):
    said = client.get("/api/v1/ledger/proofs/consistency/?from_size=300").json()
    path = [b64decode(item) for item in said["hashes"]]
    roots_said = b64decode(said["from_root_hash"]), b64decode(said["root_hash"])
    assert extends(said["from_size"], said["size"], path, *roots_said)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("inclusion/", 400, "malformed-parameter"),
        ("inclusion/?position=x", 400, "malformed-parameter"),
        ("inclusion/?position=601", 404, "not-sealed"),
        ("inclusion/?position=1&size=599", 404, "not-sealed"),
        ("consistency/?from_size=601", 404, "not-sealed"),
        ("consistency/?old=1", 400, "unknown-parameter"),
    ],
)
def test_a_proof_that_cannot_be_given_says_why(sealed, client, query, status, code):
    answer = client.get(f"/api/v1/ledger/proofs/{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.django_db
def test_the_entries_are_paged_to_the_end(sealed, client):
    address, seen = "/api/v1/ledger/entries/?after=450", 0
    while address:
        page = client.get(address).json()
        seen, address = seen + len(page["results"]), page["next"]
    assert seen == SIZE - 450
