#!/usr/bin/env python3
"""Folds the log of an audit bundle again and compares with what the log says followed from it.

    python3 -I -S refold.py BUNDLE [--all] [--write FOLDER]

Run verify.py first: it proves what the log is; this proves what follows from it. The fold is not written anew here.
The folder fold/ of the bundle holds the project's own source files, byte for byte, and this file gives them what they
import beside the standard library: `msgspec`, of which they need typed values read from JSON, and Django, of which
they need nothing but the names and defaults of columns. Python 3.11 or newer.

Each attestation in the log names a read model, a position and a digest; the newest of each read model is checked,
with --all every one. --write puts the rows that were folded into a folder, one JSON line a row.
"""

import argparse
import array
import enum
import importlib
import importlib.abc
import importlib.machinery
import json
import re
import sys
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

sys.dont_write_bytecode = True  # the bundle stays as it was listed
OURS = ("measures", "tracker")
COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}")
CORRECTIONS = ("entry.corrected", "entry.retracted")


class Doubt(Exception):
    """Something that does not hold: the message names it."""


def require(holds, message):
    if not holds:
        raise Doubt(message)


# msgspec, as far as the folds use it: immutable typed values, read from and turned into JSON values


class ValidationError(ValueError):
    pass


class Meta:
    """Constraints of a type. They were enforced when the entry was recorded; reading needs none of them."""

    def __init__(self, **constraints):
        pass


class StructMeta(type):
    def __new__(cls, name, bases, namespace, **config):
        made = super().__new__(cls, name, bases, namespace)
        inherited = {}
        for base in reversed(made.__mro__[1:]):
            inherited |= getattr(base, "_config", {})
        made._config = inherited | config
        own = [key for key in namespace.get("__annotations__", {}) if not key.startswith("_")]
        before = [key for base in bases for key in getattr(base, "__struct_fields__", ())]
        made.__struct_fields__ = tuple(dict.fromkeys([*before, *own]))
        made._defaults = {}
        for base in reversed(made.__mro__[1:]):
            made._defaults |= getattr(base, "_defaults", {})
        made._defaults |= {key: namespace[key] for key in own if key in namespace}
        positional = [] if made._config.get("kw_only") else own
        made.__match_args__ = (*(key for base in bases for key in getattr(base, "__match_args__", ())), *positional)
        return made

    def __init__(cls, name, bases, namespace, **config):
        super().__init__(name, bases, namespace)


class Struct(metaclass=StructMeta):
    def __init__(self, *args, **given):
        given |= dict(zip(self.__match_args__, args, strict=False))
        for name in self.__struct_fields__:
            if name not in given and name not in self._defaults:
                raise TypeError(f"Missing required argument '{name}'")
            object.__setattr__(self, name, given.pop(name) if name in given else self._defaults[name])
        if given:
            raise TypeError(f"Unexpected argument '{next(iter(given))}'")
        if post_init := getattr(self, "__post_init__", None):
            post_init()

    def __setattr__(self, name, value):
        raise AttributeError("immutable")

    def _values(self):
        return tuple(getattr(self, name) for name in self.__struct_fields__)

    def __eq__(self, other):
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self):
        return hash((type(self), self._values()))

    def __repr__(self):
        return f"{type(self).__name__}{self._values()}"


def tag_of(struct):
    """(field, value) by which JSON tells the struct from others; the value is None where nothing does."""
    tag, field = struct._config.get("tag"), struct._config.get("tag_field", "type")
    return field, struct.__name__ if tag is True else tag


def convert(value, kind):
    """A JSON value as a value of a type."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return convert(value, typing.get_args(kind)[0])
    if kind is typing.Any or kind is object:
        return value
    if origin in (typing.Union, types.UnionType):
        return convert_union(value, typing.get_args(kind))
    if origin is typing.Literal:
        return _if(value in typing.get_args(kind), value, kind)
    if origin in (tuple, list):
        item = typing.get_args(kind)[0]
        return origin(convert(each, item) for each in _if(isinstance(value, list | tuple), value, kind))
    if origin is dict:
        pairs = _if(isinstance(value, dict), value, kind).items()
        return {key: convert(item, typing.get_args(kind)[1]) for key, item in pairs}
    if isinstance(kind, StructMeta):
        return convert_struct(_if(isinstance(value, dict), value, kind), kind)
    return convert_plain(value, kind)


def _if(holds, value, kind):
    if not holds:
        raise ValidationError(f"Expected `{kind}`, got {value!r}")
    return value


def convert_plain(value, kind):
    if kind is Raw:
        return Raw(encode(value))
    if kind in (Decimal, UUID):
        return kind(_if(isinstance(value, str), value, kind))
    if kind in (date, datetime):
        return kind.fromisoformat(_if(isinstance(value, str), value, kind))
    if kind in (None, type(None)):
        return _if(value is None, value, kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(value)
    return _if(type(value) is kind, value, kind)


def convert_union(value, kinds):
    """Objects are told apart by their tag, everything else by its JSON type."""
    kinds = [part for kind in kinds for part in _parts(kind)]
    if isinstance(value, dict):
        for kind in kinds:
            if isinstance(kind, StructMeta):
                field, tag = tag_of(kind)
                if tag is None or value.get(field) == tag:
                    return convert_struct(value, kind)
    for kind in kinds:
        if not isinstance(kind, StructMeta):
            try:
                return convert(value, kind)
            except ValueError:
                continue
    raise ValidationError(f"Expected one of {kinds}, got {value!r}")


def _parts(kind):
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [part for each in typing.get_args(kind) for part in _parts(each)]
    return [kind]


_hints = {}


def convert_struct(value, kind):
    if kind not in _hints:
        _hints[kind] = typing.get_type_hints(kind, include_extras=True)
    field, tag = tag_of(kind)
    given = dict(value)
    if tag is not None:
        _if(given.pop(field, tag) == tag, value, kind)
    if unknown := [name for name in given if name not in kind.__struct_fields__]:
        if kind._config.get("forbid_unknown_fields"):
            raise ValidationError(f"Object contains unknown field `{unknown[0]}`")
        given = {name: item for name, item in given.items() if name not in unknown}
    try:
        return kind(**{name: convert(item, _hints[kind][name]) for name, item in given.items()})
    except (TypeError, ValueError) as error:
        raise ValidationError(str(error)) from None


def to_builtins(value):
    """A value as JSON values; defaults are left out where the type says so."""
    if isinstance(value, Struct):
        field, tag = tag_of(type(value))
        found = {} if tag is None else {field: tag}
        for name in value.__struct_fields__:
            item = getattr(value, name)
            if not (type(value)._config.get("omit_defaults") and _is_default(value, name, item)):
                found[name] = to_builtins(item)
        return found
    if isinstance(value, dict):
        return {key: to_builtins(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [to_builtins(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Decimal | UUID) else value


def _is_default(struct, name, item):
    """The very default, or an empty one: an equal value that was written down stays written."""
    if name not in struct._defaults:
        return False
    default = struct._defaults[name]
    return item is default or (isinstance(item, tuple | list | dict) and not item and item == default)


def encode(value, order=None):
    return json.dumps(to_builtins(value), sort_keys=bool(order), ensure_ascii=False, separators=(",", ":")).encode()


def decode(data, type=typing.Any):
    return convert(json.loads(data), type)


def replace(struct, **changes):
    values = dict(zip(struct.__struct_fields__, struct._values(), strict=True))
    return type(struct)(**values | changes)


class Raw(bytes):
    """A part of a JSON text that is decoded later."""


class Decoder:
    def __init__(self, type):
        self.type = type

    def decode(self, data):
        return decode(data, self.type)


def msgspec():
    made = types.ModuleType("msgspec")
    made.Struct, made.StructMeta, made.Meta, made.ValidationError = Struct, StructMeta, Meta, ValidationError
    made.convert, made.to_builtins = convert, to_builtins
    made.json, made.Raw = types.SimpleNamespace(decode=decode, encode=encode, Decoder=Decoder), Raw
    made.structs = types.SimpleNamespace(force_setattr=object.__setattr__, replace=replace)
    return made


# Django and the database driver: names that do nothing, but remember the columns of models and their defaults


class Inert(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(name)

    def __getitem__(cls, item):
        return cls

    @property
    def _meta(cls):
        columns = {}
        for base in reversed(cls.__mro__):
            own = ((name, item) for name, item in vars(base).items() if isinstance(item, Nothing))
            columns |= {name: item for name, item in own if item.is_column()}
        for name, item in columns.items():
            item.attname = name
        return types.SimpleNamespace(concrete_fields=list(columns.values()))


class Nothing(metaclass=Inert):
    def __init__(self, *args, **options):
        self.options = options

    def __call__(self, *args, **options):
        return args[0] if args else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __and__(self, other):
        return self

    __or__ = __and__

    def is_column(self):
        return any(base.__name__.endswith("Field") for base in type(self).__mro__)

    def get_default(self):
        """A column's default as Django has it: an empty text where it is not nullable, or nothing."""
        if "default" in self.options:
            default = self.options["default"]
            return default() if callable(default) else default
        is_text = any(base.__name__ in ("TextField", "CharField") for base in type(self).__mro__)
        return "" if is_text and not self.options.get("null") else None


def stand_in(name):
    return Inert(name, (Nothing,), {})


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Whatever is neither in the standard library nor in fold/ is a stand-in."""

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in OURS or top in sys.stdlib_module_names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        if spec.name == "msgspec":
            return msgspec()
        made = types.ModuleType(spec.name)
        made.__getattr__ = lambda name: made.__dict__.setdefault(name, stand_in(name))
        return made

    def exec_module(self, module):
        pass


# The bundle


def say(text, mark="ok"):
    """Prints one line; names and texts of a bundle can neither move the cursor nor begin a line of their own."""
    shown = "".join(character if " " <= character <= "~" else ascii(character)[1:-1] for character in text)
    print(f"{mark:<5} {shown}", flush=True)


class Log:
    """The entries of a bundle by stream: eight bytes in memory for each, the entry itself is read when it is needed."""

    def __init__(self, path):
        self.file = open(path, "rb")  # noqa: SIM115 - read from until the end
        self.offsets, self.attested, place = {}, [], 0
        for line in self.file:
            values = json.loads(line)
            self.offsets.setdefault(values["stream"], array.array("Q")).append(place)
            if values["type"] == "projection.attested":
                self.attested.append(values["data"])
            place += len(line)

    def history(self, stream, position):
        """The events of a stream up to a position, as the folds take them."""
        envelope = importlib.import_module("tracker.envelope")
        found = []
        for offset in self.offsets[stream]:
            self.file.seek(offset)
            entry = self.file.readline().rstrip(b"\n")
            values = json.loads(entry)
            if values["position"] > position:
                break
            found.append(recorded(envelope, values, entry))
        return found


def recorded(envelope, values, entry):
    known_from, corrects = values["known_from"], values["corrects"]
    names = ["position", "stream", "version", "type", "schema", "known_seq", "occurred_on"]
    return envelope.Recorded(
        **{name: values[name] for name in names},
        id=UUID(values["id"]),
        known_from=date.fromisoformat(known_from) if known_from else None,
        recorded_at=datetime.fromisoformat(values["recorded_at"]),
        corrects=UUID(corrects) if corrects else None,
        entry=entry,
        leaf_hash=b"",
    )


def step_corrections(log):
    """Every correction names an earlier entry of its own stream and says why; no id stands twice in a stream."""
    count = 0
    for stream in log.offsets:
        seen = set()
        for offset in log.offsets[stream]:
            log.file.seek(offset)
            values = json.loads(log.file.readline())
            where = f"position {values['position']}"
            require(values["id"] not in seen, f"{where}: the id {values['id']} stands twice in {stream}")
            if values["type"] in CORRECTIONS:
                require(values["corrects"] in seen, f"{where}: it corrects no earlier entry of {stream}")
                said = values["data"]
                require(said.get("reason_code"), f"{where}: a correction without the code of a reason")
                require(COMMITMENT.fullmatch(said.get("reason", "")), f"{where}: its reason is not a commitment")
                count += 1
            seen.add(values["id"])
    return count


def load_folds(folder):
    """The projections that fold/ defines, by name."""
    sys.meta_path.insert(0, StandIns())
    sys.path.insert(0, str(folder))
    found = {}
    for said in json.loads((folder / "projections.json").read_text()):
        module = importlib.import_module(said["module"])
        for kind in vars(module).values():
            if type(kind).__name__ == "Projection" and kind.name == said["name"]:
                found[kind.name] = kind
    return found


def fold(log, kind, position, write_to):
    """The state of a read model at a position, folded from the entries; its rows are written where asked."""
    state = importlib.import_module("tracker.ledger.state")
    found = state.State(kind.name, position)
    for stream in sorted(log.offsets):
        if kind.concerns(stream) and (history := log.history(stream, position)):
            lines = state.folded(kind, stream, history)
            found.add(stream, lines)
            if write_to:
                with open(write_to / f"{kind.name}-{position}.jsonl", "ab") as file:
                    file.writelines(line + b"\n" for line in sorted(lines))
    return found


def compare(folder, said, found):
    """Says which stream differs, where the bundle holds the list of streams for this position."""
    path = folder / "states" / f"{said['projection']}-{said['position']}.txt"
    if found.digest == said["digest"] and found.rows == said["rows"]:
        return
    listed = set(path.read_text().splitlines()) if path.exists() else set()
    differing = sorted(line.split(" ")[2] for line in listed ^ set(found.text().splitlines()))
    where = f", first in {differing[0]}" if listed and differing else ""
    raise Doubt(
        f"{said['projection']} at position {said['position']}: the log attests {said['rows']} rows, digest "
        f"{said['digest']}; folding gives {found.rows} rows, digest {found.digest}{where}"
    )


def refold(folder, every, write_to):
    log = Log(folder / "events.jsonl")
    say(f"corrections: {step_corrections(log)}, each of an earlier entry of its stream, with a reason")
    kinds = load_folds(folder / "fold")
    say(f"folds: {', '.join(f'{kind.name} version {kind.version}' for kind in kinds.values())}")
    newest = {said["projection"]: said for said in log.attested}
    for said in log.attested if every else newest.values():
        kind = kinds.get(said["projection"])
        require(kind, f"the log attests {said['projection']}, which fold/ does not define")
        if kind.version != said["fold_version"]:
            say(f"{kind.name} at {said['position']}: attested by fold {said['fold_version']}, passed over", "--")
            continue
        found = fold(log, kind, said["position"], write_to)
        compare(folder, said, found)
        say(f"{kind.name} at position {said['position']}: {found.rows} rows, digest {found.digest}")
    require(newest, "the log attests nothing: run manage.py attest before the bundle is made")


def main(arguments):
    parser = argparse.ArgumentParser(description="Folds the log of an audit bundle again.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--all", action="store_true", help="check every attestation, not the newest alone")
    parser.add_argument("--write", type=Path, help="a folder for the rows that were folded")
    given = parser.parse_args(arguments)
    try:
        refold(given.bundle, given.all, given.write)
    except Doubt as doubt:
        say(str(doubt), "FAIL")
        return 1
    except Exception as error:  # whatever goes wrong is a doubt
        say(f"the bundle cannot be folded: {type(error).__name__}: {error}", "FAIL")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
