"""The commands of the page "check it yourself". They run where the bundle was saved; a test runs them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.ledger.notes import VerifierKey


@dataclass(frozen=True)
class Step:
    """What a command is for, and the command."""

    why: str
    command: str


HEAD = "/ledger/checkpoint > checkpoint"
ONE = "/api/v1/ledger/proofs/inclusion/?position=1"
PROVE = "Prove that nothing was altered, removed, reordered or put in. Compare the key with a copy from elsewhere."
PROOF = r"""python3 -c '
import hashlib, json
from base64 import b64decode
h = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
proof = json.load(open("proof.json"))
entry = open("audit/events.jsonl", "rb").readlines()[proof["leaf_index"]][:-1]
node, place, last = h(b"\0", entry), proof["leaf_index"], proof["size"] - 1
for other in map(b64decode, proof["hashes"]):
    if place & 1 or place == last:
        node = h(b"\1", other, node)
        while place and not place & 1:
            place, last = place >> 1, last >> 1
    else:
        node = h(b"\1", node, other)
    place, last = place >> 1, last >> 1
root = b64decode(proof["checkpoint"].split("\n")[2])
print("ok" if last == 0 and node == root else "FAIL")
'"""
"""RFC 9162 section 2.1.3.2, on the entry in the bundle and the root that is signed."""


def commands(base: str, bundle: str, keys: Iterable[VerifierKey]) -> list[Step]:
    """The steps in order, for the server at an address and a bundle of that name."""
    given = "".join(f" --key '{key}'" for key in keys)
    return [
        Step(
            "Keep the newest checkpoint: what it covers cannot be rewritten unseen, by us either.",
            f"curl -sf {base}{HEAD}",
        ),
        Step("Unpack the bundle.", f"mkdir -p audit && tar -xzf {bundle} --strip-components=1 -C audit"),
        Step(PROVE, f"python3 -I -S audit/verify.py audit{given} \\\n    --pin checkpoint"),
        Step("Fold the log again: the digests are those that the log attests.", "python3 -I -S audit/refold.py audit"),
        Step("Ask the running server for the proof of one entry.", f"curl -sf '{base}{ONE}' > proof.json"),
        Step("Check it with ten lines of your own.", PROOF),
    ]
