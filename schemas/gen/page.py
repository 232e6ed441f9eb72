#!/usr/bin/env python3
"""Prints schemas/types/README.md: what a type's file may say, and each built-in type's fields."""
import json
import pathlib

TYPES = pathlib.Path(__file__).resolve().parent.parent / "types"

INTRODUCTION = """\
# Body types

Made by `schemas/gen/page.py` from the files beside it; a test sees that it is fresh.

A type is a JSON Schema (draft 2020-12) of its bodies plus a `lienthon` object. Hub and receivers compile it once and hold
every body to it, walking the MessagePack bytes. To add one: write `<name>.v1.json`, add its name to `LT_TYPES` in
`schemas/types.cmake`, run `python3 schemas/gen/page.py >schemas/types/README.md`, and build: the C bindings
(`<lienthon/types.h>`) are made from the same file. A closed version never changes; what must change becomes `v2`.

## The `lienthon` object

At the root, all three: `retain` `"state"` (a message may be its topic's retained value) or `"never"`; `max_life` in seconds
(a message must expire within it, counted from `created`) or `null`; `label` the lowest label that a message may have. What
switches something is `"never"` with a short `max_life`, so that no command comes back to life hours later.

## Keywords

`type properties required additionalProperties enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
minLength maxLength pattern items prefixItems minItems maxItems uniqueItems contains anyOf oneOf allOf not if then else $ref
$defs format`, as draft 2020-12 means them: 1.0 is an integer and equals 1, lengths count code points, `$ref` may have
siblings and may come back to itself below a key or an entry. `format` asserts `date-time date time uuid uri`; other formats
say nothing. `$ref` stays in its file: `#`, `#/$defs/name`, `#/properties/…`.
`$schema $id $comment title description examples default deprecated readOnly writeOnly contentMediaType` are read by people only.
Any other keyword makes the schema unusable, told with file, line and column when it is loaded.

**Bytes** are `{"type": "string", "contentEncoding": "base64", "minBytes": n, "maxBytes": n}`: bin in MessagePack, base64 in
JSON. A bin fits only such a schema, and a text does not. `minLength`, `pattern`, `enum` and the like do not go with it.

**Patterns** are a subset of ECMA-262 that is matched in time proportional to text and pattern, whatever they are: literal
characters, `.` `^` `$` `|`, `( )` and `(?: )`, `[ ]` with ranges and `^`, `*` `+` `?` `{n}` `{n,}` `{n,m}` (up to 1000; a lazy
`?` behind them changes nothing), `\\d \\D \\w \\W \\s \\S`, `\\t \\n \\r \\f \\v \\0 \\xHH \\uHHHH \\u{H…}`, and a backslash before
punctuation. Not anchored; `\\d` and `\\w` are ASCII; `$` is the very end. No backreferences, no look-around, no `\\b`, no `\\p`.

**Bounds**: 4,096 subschemas, 256 required keys, patterns of 1,024 steps once repeats are written out; a check gives up, and
refuses the body, after some 16 million steps (`uniqueItems` without `maxItems`: at about 2,800 entries).

A refusal names the first error's path and what is allowed there: `body.channels[2]: 'loaa' is not one of loa, zalo, …`.
A cancellation may have the empty map for a body, whatever its type.

## The built-in types
"""


def resolve(schema, whole):
    while "$ref" in schema:
        target = whole
        for token in schema["$ref"].removeprefix("#/").split("/"):
            target = target[token]
        schema = {**target, "name": schema["$ref"].rsplit("/", 1)[1], **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def limits(low, high, unit):
    if low == high and low is not None:
        return f"{low} {unit}"
    if low and high is not None:
        return f"{low} to {high} {unit}"
    if high is not None:
        return f"at most {high} {unit}"
    return f"at least {low} {unit}" if low else ""


def kind_of(schema, whole):
    """What a field may be, in words."""
    schema = resolve(schema, whole)
    if "enum" in schema:
        return " · ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    kind = schema["type"]
    if kind == "array":
        size = limits(schema.get("minItems"), schema.get("maxItems"), "entries")
        once = ", each once" if schema.get("uniqueItems") else ""
        return f"list ({size}{once}) of {kind_of(schema['items'], whole)}"
    if kind == "object":
        return f"[{schema['name']}]" if "name" in schema else "map"
    if "contentEncoding" in schema:
        return limits(schema.get("minBytes"), schema.get("maxBytes"), "bytes") or "bytes"
    if kind == "string":
        size = limits(schema.get("minLength"), schema.get("maxLength"), "characters")
        more = [f"`{schema['pattern']}`".replace("|", "\\|")] if "pattern" in schema else []
        more += [schema["format"]] if "format" in schema else []
        return ", ".join([f"text, {size}" if size else "text", *more])
    if kind == "integer" and schema.get("maximum") == 2**53 - 1:
        return "whole number"
    if kind == "integer" and "maximum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    return {"number": "number", "boolean": "true or false"}[kind]


def rows(schema, whole):
    out = ["| field | needed | what | meaning |", "| --- | --- | --- | --- |"]
    for key, sub in schema["properties"].items():
        full = resolve(sub, whole)
        needed = "yes" if key in schema.get("required", []) else ""
        about = full.get("description", "")
        if "default" in full:
            about = f"{about}{'; ' if about else ''}else {json.dumps(full['default'], ensure_ascii=False)}"
        out.append(f"| `{key}` | {needed} | {kind_of(sub, whole)} | {about} |")
    return "\n".join(out)


def rules(schema):
    rule = schema["lienthon"]
    life = "" if rule["max_life"] is None else f", must expire within {rule['max_life']} s"
    retained = "may be retained" if rule["retain"] == "state" else "never retained"
    label = ("", ", label 1 or higher", ", label 2")[rule["label"]]
    return f"{retained}{life}{label}"


def part(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    out = [f"### `{path.stem}`", f"{schema['description']} ({rules(schema)})", rows(schema, schema)]
    for name, sub in schema.get("$defs", {}).items():
        full = resolve(sub, schema)
        whom = full.get("items", full) if full.get("type") == "array" else full
        if "properties" in whom:
            about = full.get("description", "")
            out.append(f"**{name}**{': ' + about if about else ''}")
            out.append(rows(whom, schema))
    return "\n\n".join(out)


def main():
    files = sorted(TYPES.glob("*.json"))
    print(INTRODUCTION + "\n" + "\n\n".join(part(path) for path in files))


main()
