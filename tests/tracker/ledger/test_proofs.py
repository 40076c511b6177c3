"""RFC 6962: roots and proofs, against the known vectors and against the definition."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.ledger.canonical import leaf_hash, node_hash
from tracker.ledger.proofs import consistency, extends, includes, inclusion, needed, subtree_root
from tracker.ledger.tree import EMPTY_ROOT, extend, root

LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
EXTENSIONS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def definition(leaves):
    """MTH as the RFC writes it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(definition(leaves[:split]), definition(leaves[split:]))


def hashed(count):
    return [leaf_hash(str(number).encode()) for number in range(count)]


def lookup_in(leaves):
    return lambda level, index: definition(leaves[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_known_vectors(size):
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert root(extend(0, [], leaves)[1]).hex() == ROOTS[size]
    assert subtree_root(0, size, lookup_in(leaves)).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_the_paths_are_those_of_the_known_vectors(index, size):
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert [item.hex() for item in inclusion(index, size, lookup_in(leaves))] == PATHS[index, size]


@pytest.mark.parametrize(("old", "new"), EXTENSIONS)
def test_the_consistency_proofs_are_those_of_the_known_vectors(old, new):
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:new]]
    assert [item.hex() for item in consistency(old, new, lookup_in(leaves))] == EXTENSIONS[old, new]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert subtree_root(0, 0, lookup_in([])) == EMPTY_ROOT == definition([])


@given(st.integers(1, 300), st.data())
def test_every_inclusion_proof_leads_to_the_root(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = hashed(size)
    path = inclusion(index, size, lookup_in(leaves))
    assert includes(leaves[index], index, size, path, definition(leaves))


@given(st.integers(1, 300), st.data())
def test_one_changed_bit_breaks_an_inclusion_proof(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = hashed(size)
    parts = [leaves[index], definition(leaves), *inclusion(index, size, lookup_in(leaves))]
    place, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    number = int.from_bytes(parts[place], "big") ^ 1 << bit
    changed = [*parts[:place], number.to_bytes(32, "big"), *parts[place + 1 :]]
    leaf, top, path = changed[0], changed[1], changed[2:]
    assert not includes(leaf, index, size, path, top)


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_an_inclusion_proof_is_of_no_other_place_and_no_other_size(size, other, data):
    index = data.draw(st.integers(0, size - 1))
    elsewhere = data.draw(st.integers(0, other - 1))
    leaves = hashed(size)
    path, top = inclusion(index, size, lookup_in(leaves)), definition(leaves)
    proves = includes(leaves[index], elsewhere, other, path, top)
    assert proves == (elsewhere == index and other == size) or definition(hashed(other)) != top


@given(st.integers(0, 300), st.data())
def test_every_consistency_proof_leads_from_one_root_to_the_other(new, data):
    old = data.draw(st.integers(0, new))
    leaves = hashed(new)
    path = consistency(old, new, lookup_in(leaves))
    assert extends(old, new, path, definition(leaves[:old]), definition(leaves))


@given(st.integers(2, 200), st.data())
def test_a_forked_history_is_never_consistent(new, data):
    old = data.draw(st.integers(1, new - 1))
    leaves = hashed(new)
    forked = [*leaves[: old - 1], leaf_hash(b"another")]
    path = consistency(old, new, lookup_in(leaves))
    assert not extends(old, new, path, definition(forked), definition(leaves))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_proves_nothing(length):
    leaves = hashed(2)
    assert not includes(leaves[0], 0, 2, [b"\0" * length], definition(leaves))
    assert not extends(1, 2, [b"\0" * length], leaves[0], definition(leaves))


def test_a_proof_asks_for_few_subtrees_at_any_size():
    assert len(needed(lambda lookup: inclusion(123_456, 1_000_000, lookup))) <= 40
    assert len(needed(lambda lookup: consistency(654_321, 1_000_000, lookup))) <= 40
