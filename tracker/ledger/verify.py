#!/usr/bin/env python3
"""Verifies an audit bundle offline, with nothing but Python's standard library and this one file.

    python3 -I -S verify.py BUNDLE [--key VKEY]... [--pin FILE]... [--allow-unsealed]

BUNDLE is the unpacked folder. --key gives a public key of the log that you obtained elsewhere than from the bundle;
--pin gives a checkpoint that you kept from before. Each step prints ok or FAIL; the first FAIL ends the run with
status 1. What this run could not exclude is said at the end.

The rules checked here are public: RFC 6962 section 2.1 (the tree), c2sp.org/signed-note and c2sp.org/tlog-checkpoint
(the signatures), RFC 8032 (Ed25519), and the log's own: an entry is canonical JSON (sorted keys, no spaces, no floats,
ASCII keys); `position` runs from 1 without gaps; `version` does so in each stream; entries of one batch share their
`recorded_at`, which grows from batch to batch; who approves is not who wrote.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from functools import partial
from pathlib import Path

MAX_ENTRY = 65_535
INSTANT = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"', re.ASCII)
SHA256 = re.compile(r'"sha256":"([0-9a-f]{64})"')
sha256 = hashlib.sha256


class Doubt(Exception):
    """Something that does not hold: the message names it."""


def require(holds, message):
    if not holds:
        raise Doubt(message)


def say(mark, text):
    """Prints one line; names and texts of a bundle can neither move the cursor nor begin a line of their own."""
    shown = "".join(character if " " <= character <= "~" else ascii(character)[1:-1] for character in text)
    print(f"{mark:<5} {shown}", flush=True)


def read_text(path):
    """A file as it is, with no newline translated."""
    return path.read_bytes().decode("utf-8")


def read_json(text):
    return json.loads(text, object_pairs_hook=without_doubles)


def without_doubles(pairs):
    found = dict(pairs)
    require(len(found) == len(pairs), f"a key stands twice in {', '.join(key for key, _ in pairs)}")
    return found


# Ed25519 (RFC 8032): verification only, so speed and side channels do not matter.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def _x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    require(x * x % P == square and not (x == 0 and sign), "a point that is not on the curve")
    return P - x if x & 1 != sign else x


def _point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    require(y < P, "a point that is not on the curve")
    x = _x(y, sign)
    return x, y, 1, x * y % P


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def signature_holds(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    try:
        key, r = _point(public), _point(signature[:32])
    except (Doubt, ValueError):
        return False
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    base = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    left, right = _times(s, base), _add(r, _times(k, key))
    same = (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0
    return s < ORDER and same


# Keys, notes, checkpoints


def unbase64(text, what):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    require(data and base64.b64encode(data).decode() == text, f"{what} is not base64")
    return data


def read_key(text):
    """(name, key id, public key) of a line like `tracker.example.org/ledger+1a2b3c4d+AbCd...`."""
    name, _, rest = text.strip().partition("+")
    identity, _, encoded = rest.partition("+")
    data = unbase64(encoded, f"the key of {name}")
    require(name and data[:1] == b"\x01" and len(data) == 33, f"the key of {name} is not an Ed25519 key")
    expected = sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    require(identity == expected, f"the key id of {name} is {identity}, of this key it would be {expected}")
    return name, bytes.fromhex(identity), data[1:]


def read_note(note, keys, where):
    """(origin, size, root) of a checkpoint that at least one of the keys signed, and no known key signed wrongly."""
    text, separator, block = note.rpartition("\n\n")
    require(separator and block.endswith("\n"), f"{where} is not a signed note")
    text += "\n"
    signed = 0
    for line in block[:-1].split("\n"):
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014", f"{where}: {line!r} is not a signature line")
        data = unbase64(parts[2], f"{where}: the signature of {parts[1]}")
        for name, identity, public in keys:
            if (name, identity) == (parts[1], data[:4]):
                holds = signature_holds(public, text.encode(), data[4:])
                require(holds, f"{where}: the signature of {name} does not verify")
                signed += 1
    require(signed, f"{where}: none of the keys signed it")
    lines = text.split("\n")
    require(len(lines) == 4 and lines[0] and not lines[3], f"{where} is not a checkpoint of three lines")
    require(re.fullmatch("0|[1-9][0-9]*", lines[1]), f"{where}: {lines[1]!r} is not a tree size")
    root = unbase64(lines[2], f"{where}: the root")
    require(len(root) == 32, f"{where}: the root is not 32 bytes long")
    return lines[0], int(lines[1]), root


# The tree (RFC 6962): the roots of its complete subtrees, largest first


def append_leaf(frontier, size, node):
    while size & 1:
        node, size = sha256(b"\x01" + frontier.pop() + node).digest(), size >> 1
    frontier.append(node)


def tree_root(frontier):
    if not frontier:
        return sha256(b"").digest()
    node = frontier[-1]
    for peak in reversed(frontier[:-1]):
        node = sha256(b"\x01" + peak + node).digest()
    return node


# The entries


def refuse_float(text):
    raise Doubt(f"{text} is a float")


def read_integer(text):
    if len(text) > 15 and (len(text) > 17 or abs(int(text)) >= 2**53):
        raise Doubt(f"{text} is beyond 2^53")
    return int(text)


# Half of all time goes into reading JSON and writing it again: both are asked for without detours.

decode = json.JSONDecoder(parse_float=refuse_float, parse_int=read_integer, parse_constant=refuse_float).scan_once
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)
NOT_CANONICAL = "not canonical JSON (a key twice, unsorted keys, spaces, another form)"


def make_encode():
    """What json.dumps makes anew for each value, made once; not every Python has it."""
    make = json.encoder.c_make_encoder
    if make is None:
        return canonical.encode
    parts = make(None, None, json.encoder.encode_basestring, None, ":", ",", True, False, False)
    return lambda value: "".join(parts(value, 0))


encode = make_encode()


def check_keys(value):
    if isinstance(value, dict):
        for key, item in value.items():
            require(key.isascii(), f"key {key!r} is not ASCII")
            check_keys(item)
    elif isinstance(value, list):
        for item in value:
            check_keys(item)


# An entry is these three pieces with an object after the first, `data`, and after the second, `meta`. What the pieces
# let through is canonical as it stands; the two objects are written again and compared.

TEXT, NUMBER = r'"[^"\\\x00-\x1f]*"', "(?:0|[1-9][0-9]{0,14})"
OPENING = re.compile(rf'\{{"corrects":(?:null|{TEXT}),"data":(?=\{{)')
MIDDLE = re.compile(
    rf',"format":{NUMBER},"id":{TEXT},"known_from":(?:null|{TEXT}),"known_seq":(?:null|{NUMBER}),"meta":(?=\{{)'
)
ENDING = re.compile(
    rf',"occurred_on":(?:null|{TEXT}),"position":({NUMBER}),"recorded_at":({TEXT}),"schema":{NUMBER},'
    rf'"stream":({TEXT}),"type":{TEXT},"version":({NUMBER})\}}'
)


def parse(text):
    """(position, recorded_at, stream, version, meta) of an entry, all but meta as they are written."""
    try:
        begin = OPENING.match(text).end()
        data, end = decode(text, begin)
        meta_begin = MIDDLE.match(text, end).end()
        meta, meta_end = decode(text, meta_begin)
        fields = ENDING.fullmatch(text, meta_end).groups()
    except (AttributeError, StopIteration):  # a piece is not there, or no JSON between them
        raise Doubt(explain(text)) from None
    if encode(data) != text[begin:end] or encode(meta) != text[meta_begin:meta_end]:
        raise Doubt(NOT_CANONICAL)
    if not text.isascii():
        check_keys([data, meta])
    return *fields, meta


def explain(text):
    """Why a text is not an entry."""
    try:
        value, _ = decode(text, 0)
    except StopIteration:
        return "not JSON"
    if encode(value) != text:
        return NOT_CANONICAL
    check_keys(value)
    return "not the fields of an entry"


class Entries:
    """The entries one after the other, each checked against its place; memory grows with the streams alone."""

    def __init__(self):
        self.size, self.frontier, self.recorded_at, self.batch_end = 0, [], "", True
        self.versions, self.attachments, self.approvals = {}, set(), {}

    def read(self, line):
        if line[-1:] != b"\n" or len(line) > MAX_ENTRY + 1:
            raise Doubt(f"position {self.size + 1}: not one line of at most {MAX_ENTRY} bytes")
        entry = line[:-1]
        try:
            text = entry.decode()
            self.check(*parse(text))
        except Doubt as doubt:
            raise Doubt(f"position {self.size + 1}: {doubt}") from None
        except (ValueError, RecursionError) as error:
            raise Doubt(f"position {self.size + 1}: not JSON in UTF-8: {error}") from None
        if '"sha256":"' in text:
            self.attachments.update(SHA256.findall(text))
        append_leaf(self.frontier, self.size, sha256(b"\x00" + entry).digest())
        self.size += 1

    def check(self, position, at, stream, version, meta):
        """The entry's place in the log and in its stream, its instant and its approval."""
        if position != str(self.size + 1):
            raise Doubt(f"it says position {position}")
        expected = self.versions.get(stream, 0) + 1
        if version != str(expected):
            raise Doubt(f"version {version} of {stream}, expected {expected}")
        self.batch_end = at != self.recorded_at
        if self.batch_end:
            if not INSTANT.fullmatch(at):
                raise Doubt(f"recorded_at {at} is not an instant")
            if at < self.recorded_at:
                raise Doubt(f"recorded at {at}, before the entry in front of it")
        approval = meta.get("approval")
        if approval == "two_person" and (not meta.get("approver") or meta["approver"] == meta.get("actor")):
            raise Doubt("approved by two persons, but author and approver are one")
        self.versions[stream], self.recorded_at = expected, at
        self.approvals[approval] = self.approvals.get(approval, 0) + 1


# The steps


def step_manifest(folder, manifest):
    """Every file of the bundle is listed, and is what the list says."""
    listed = manifest["files"]
    paths = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    found = {path.relative_to(folder).as_posix() for path in paths} - {"MANIFEST.json"}
    require(found == listed.keys(), f"files and list differ: {', '.join(sorted(found ^ listed.keys())[:5])}")
    for name, digest in sorted(listed.items()):
        require((folder / name).is_file() and not (folder / name).is_symlink(), f"{name} is not a plain file")
        total = sha256()
        with open(folder / name, "rb") as file:
            while block := file.read(1 << 20):
                total.update(block)
        require(total.hexdigest() == digest, f"{name} is not the file that the list names")
    return f"{len(listed)} files are those that MANIFEST.json lists"


def step_checkpoints(folder, keys, origin):
    """Every published checkpoint is signed, of this log, and of its size."""
    found = {}
    for path in sorted((folder / "checkpoints").iterdir()):
        name, size, root = read_note(read_text(path), keys, f"checkpoints/{path.name}")
        require(name == origin, f"checkpoints/{path.name} is of {name}, not of {origin}")
        require(str(size) == path.name, f"checkpoints/{path.name} is over {size} entries")
        found[size] = root
    require(found, "there is no checkpoint")
    return found


def step_entries(folder, marks):
    """Reads the log once, and compares the root at the size of each mark: that proves that each extends the last."""
    entries, wanted, last = Entries(), sorted(marks), 0
    with open(folder / "events.jsonl", "rb") as file:
        for line in iter(partial(file.readline, MAX_ENTRY + 2), b""):
            entries.read(line)
            if entries.size == last + 1 and not entries.batch_end:
                raise Doubt(f"the checkpoint over {last} cuts a batch in two")
            if wanted and entries.size == wanted[0]:
                last = wanted.pop(0)
                root = tree_root(entries.frontier)
                for what, signed in marks[last]:
                    require(root == signed, f"the first {last} entries are not those of {what}")
    if wanted:
        raise Doubt(f"the log ends at {entries.size}, but {marks[wanted[0]][0][0]} is over {wanted[0]} entries")
    return entries


def step_attachments(folder, entries):
    stored = {path.name for path in (folder / "attachments").glob("*")}
    for name in sorted(stored):
        digest = sha256((folder / "attachments" / name).read_bytes()).hexdigest()
        require(digest == name, f"attachments/{name} is not what its name says")
    missing = entries.attachments - stored
    return stored, missing


def step_openings(folder):
    count = 0
    path = folder / "openings.jsonl"
    for line in read_text(path).split("\n")[:-1] if path.exists() else ():
        opening = read_json(line)
        said = "sha256:" + sha256(bytes.fromhex(opening["salt"]) + opening["text"].encode()).hexdigest()
        require(said == opening["commitment"], f"an opening does not fit {opening['commitment']}")
        count += 1
    return count


def step_questions(folder):
    """Every kept answer is the one of its receipt, and no question was answered otherwise when the bundle was made."""
    paths, same = list((folder / "questions").glob("*")), 0
    for path in paths:
        kept = read_json(read_text(path))
        said = sha256(kept["path"].encode() + b"\n" + kept["answer"].encode()).hexdigest()
        require(said == kept["receipt"] == path.stem, f"questions/{path.name} is not the answer that was kept")
        require(kept["again"] != "different", f"questions/{path.name} got another answer when the bundle was made")
        same += kept["again"] == "same"
    return f"{len(paths)} kept answers are as they were sent, {same} the same when asked again for the bundle"


def verify(folder, given_keys, pins, allow_unsealed):
    manifest = read_json(read_text(folder / "MANIFEST.json"))
    bundled = [read_key(line) for line in read_text(folder / "keys.txt").split("\n") if line]
    keys = [read_key(text) for text in given_keys] or bundled
    origin = manifest["origin"]
    say("ok", f"keys: {len(keys)} for {origin}, " + ("given by you" if given_keys else "from the bundle itself"))
    say("ok", f"manifest: {step_manifest(folder, manifest)}")
    checkpoints = step_checkpoints(folder, keys, origin)
    say("ok", f"checkpoints: {len(checkpoints)} signed, the newest over {max(checkpoints)} entries")
    marks = {size: [(f"the checkpoint over {size}", root)] for size, root in checkpoints.items()}
    for path in pins:
        name, size, root = read_note(Path(path).read_text("utf-8"), keys, path)
        require(name == origin, f"{path} is of {name}, not of {origin}")
        marks.setdefault(size, []).append((f"your pin {path}", root))
    entries = step_entries(folder, marks)
    say("ok", f"entries: {entries.size} canonical, dense, in order, in {len(entries.versions)} streams")
    say("ok", f"roots: recomputed at {len(marks)} sizes, {len(pins)} pins given by you")
    approvals = ", ".join(f"{count} {name}" for name, count in sorted(entries.approvals.items(), key=str))
    say("ok", f"approvals: {approvals}; author and approver differ")
    stored, missing = step_attachments(folder, entries)
    require(not missing, f"attachments that entries name are missing: {', '.join(sorted(missing)[:3])}")
    say("ok", f"attachments: {len(stored)}, each named by its hash")
    say("ok", f"openings: {step_openings(folder)} fit their commitments")
    say("ok", f"questions: {step_questions(folder)}")
    unsealed = entries.size - max(checkpoints)
    require(allow_unsealed or not unsealed, f"{unsealed} entries after the last checkpoint are not sealed")
    return manifest, entries, unsealed, not given_keys, not pins


def limits(unsealed, own_keys, no_pins):
    """What this run cannot exclude, in words."""
    if unsealed:
        yield f"The last {unsealed} entries are unsealed: nothing proves that they were not changed."
    if own_keys:
        yield (
            "The keys came from the bundle. Whoever made another history could have put their own key beside it: "
            "compare keys.txt with a copy from elsewhere, and give it with --key."
        )
    if no_pins:
        yield (
            "You gave no checkpoint of your own. Whoever holds the log's key could have rewritten all of this history "
            "and signed it again: keep the newest file of checkpoints/, and give it with --pin next time."
        )
    yield "Whether what was entered is true is out of scope: this proves what was said, when, and in which order."


def main(arguments):
    parser = argparse.ArgumentParser(description="Verifies an audit bundle offline.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", action="append", default=[], help="a public key of the log, from elsewhere")
    parser.add_argument("--pin", action="append", default=[], help="a checkpoint that you kept")
    parser.add_argument("--allow-unsealed", action="store_true", help="accept entries after the last checkpoint")
    given = parser.parse_args(arguments)
    try:
        _, entries, *doubts = verify(given.bundle, given.key, given.pin, given.allow_unsealed)
    except Doubt as doubt:
        say("FAIL", str(doubt))
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        say("FAIL", f"the bundle cannot be read: {type(error).__name__}: {error}")
        return 1
    print(f"\nVerified: {entries.size} entries, root {base64.b64encode(tree_root(entries.frontier)).decode()}")
    for sentence in limits(*doubts):
        print(f"  - {sentence}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
