"""The Merkle tree of RFC 6962: the frontier kept while appending equals the tree computed anew."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.tallies import counted
from tracker import log
from tracker.ledger.canonical import leaf_hash
from tracker.ledger.tree import EMPTY_ROOT, extend, root
from tracker.models import Head

# The entries and roots that Certificate Transparency's own tests use.
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_head(leaves):
    """RFC 6962 section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + tree_head(leaves[:k]) + tree_head(leaves[k:])).digest()


def test_an_empty_tree_has_the_hash_of_nothing():
    assert root([]) == EMPTY_ROOT == tree_head([])


def test_the_roots_are_those_of_certificate_transparency():
    size, frontier = extend(0, [], [])
    for entry, expected in zip(ENTRIES, ROOTS, strict=True):
        size, frontier = extend(size, frontier, [leaf_hash(bytes.fromhex(entry))])
        assert root(frontier).hex() == expected


@pytest.mark.parametrize("size", [*range(71), 127, 128, 129, 255, 256, 257, 1023, 1024, 1025])
def test_the_frontier_stands_for_the_whole_tree(size):
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    grown, frontier = extend(0, [], leaves)
    assert (grown, root(frontier)) == (size, tree_head(leaves))
    assert len(frontier) == size.bit_count()


@given(st.lists(st.integers(1, 9)))
def test_how_the_leaves_are_batched_leaves_no_trace(batches):
    leaves = [leaf_hash(b"%d" % number) for number in range(sum(batches))]
    size, frontier = extend(0, [], [])
    for batch in batches:
        size, frontier = extend(size, frontier, leaves[size : size + batch])
    assert (size, frontier) == extend(0, [], leaves)


@pytest.mark.django_db
@pytest.mark.usefixtures("tallies")
def test_the_database_keeps_the_same_frontier_at_every_size_to_70_and_over_uneven_batches():
    for batch in [*[1] * 70, 2, 5, 51, 1, 127, 3]:
        log.append([counted() for _ in range(batch)])
        head = Head.objects.get()
        leaves = [event.leaf_hash for event in log.read()]
        assert head.size == len(leaves)
        assert [bytes(peak) for peak in head.frontier] == extend(0, [], leaves)[1]
    assert root([bytes(peak) for peak in head.frontier]) == tree_head(leaves)
