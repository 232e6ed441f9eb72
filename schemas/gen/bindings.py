#!/usr/bin/env python3
"""Writes typed C bindings of the built-in types: bindings.py OUT.h OUT.c types/notice.v1.json …

For each type a struct of views, lt_<type>_decode and lt_<type>_encode. It covers the shapes that the built-in schemas
use and stops the build at any other.
"""
import json
import pathlib
import re
import sys

KEYWORDS = set(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool class new "
    "delete template this operator private public protected virtual namespace".split()
)
# What a binding need not know: the validator holds bodies to it.
SILENT = set(
    "title description default examples $comment minLength maxLength pattern format minimum maximum uniqueItems not "
    "anyOf if then minBytes maxBytes".split()
)


class Unknown(Exception):
    """A shape that no binding is written for."""


def snake(name):
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"[^A-Za-z0-9]+", "_", name).lower()
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in KEYWORDS:
        raise Unknown(f"'{name}' is no C name")
    return name


class Type:
    """One schema file: its structs and enums, innermost first."""

    def __init__(self, path):
        self.path = path
        self.schema = json.loads(path.read_text(encoding="utf-8"))
        self.name = snake(re.sub(r"\.v\d+$", "", path.stem))
        self.structs = {}  # C name → (description, fields)
        self.enums = {}  # C name → values
        self.read_struct(self.schema, f"lt_{self.name}")

    def resolve(self, schema):
        """The schema that a $ref names, with its siblings on top."""
        seen = 0
        while "$ref" in schema:
            target = self.schema
            for token in schema["$ref"].removeprefix("#/").split("/"):
                target = target[token]
            name = schema["$ref"].rsplit("/", 1)[1]
            own = target.get("description", target.get("title", ""))
            schema = {**target, "name": name, **{k: v for k, v in schema.items() if k != "$ref"}, "own": own}
            seen += 1
            if seen > 8:
                raise Unknown(f"{schema['$ref']} goes in a circle")
        return schema

    def check_keywords(self, schema, known, where):
        for key in schema:
            if key not in known and key not in SILENT and key not in ("name", "own"):
                raise Unknown(f"{where}: no binding for '{key}'")

    def read_struct(self, schema, c_name):
        if c_name in self.structs:
            return c_name
        self.check_keywords(
            schema,
            {"type", "properties", "required", "additionalProperties", "$schema", "$defs", "lienthon"},
            c_name,
        )
        if schema.get("additionalProperties") is not False:
            raise Unknown(f"{c_name}: additionalProperties must be false")
        required = set(schema.get("required", []))
        fields = []
        for key, sub in schema["properties"].items():
            field = self.read_field(self.resolve(sub), c_name, key)
            field.update(key=key, name=snake(key), required=key in required)
            fields.append(field)
        if len(fields) > 64:
            raise Unknown(f"{c_name}: more than 64 properties")
        about = schema.get("own", schema.get("description", schema.get("title", "")))
        self.structs[c_name] = (about, fields)
        return c_name

    def read_field(self, schema, owner, key):
        field = {"about": schema.get("description", "")}
        if schema.get("type") == "array":
            self.check_keywords(schema, {"type", "items", "minItems", "maxItems"}, f"{owner}.{key}")
            if schema.get("minItems", 0) < 1 or "maxItems" not in schema:
                raise Unknown(f"{owner}.{key}: a list needs minItems of 1 or more, and maxItems")
            field.update(self.read_scalar(self.resolve(schema["items"]), owner, key))
            field["max"] = schema["maxItems"]
            return field
        field.update(self.read_scalar(schema, owner, key))
        return field

    def read_scalar(self, schema, owner, key):
        where = f"{owner}.{key}"
        if "enum" in schema:
            self.check_keywords(schema, {"enum", "type"}, where)
            if not all(isinstance(value, str) for value in schema["enum"]):
                raise Unknown(f"{where}: only texts in an enum")
            name = f"{owner}_{snake(key)}"
            self.enums[name] = schema["enum"]
            return {"kind": "CHOICE", "type": f"enum {name}", "choices": name}
        kind = schema.get("type")
        if kind == "object":
            name = f"lt_{self.name}_{snake(schema.get('name', key))}"
            return {"kind": "STRUCT", "type": f"struct {self.read_struct(schema, name)}", "of": name}
        self.check_keywords(schema, {"type", "contentEncoding"}, where)
        if kind == "string":
            return {"kind": "BYTES" if "contentEncoding" in schema else "TEXT", "type": "struct lt_slice"}
        if kind == "integer" and schema.get("minimum", -1) >= 0:
            return {"kind": "UINT", "type": "uint64_t"}
        if kind == "integer":
            return {"kind": "INT", "type": "int64_t"}
        if kind == "number":
            return {"kind": "REAL", "type": "double"}
        if kind == "boolean":
            return {"kind": "BOOL", "type": "bool"}
        raise Unknown(f"{where}: no binding for type {kind!r}")


def has_flag(field):
    """Fields whose absence cannot be seen in the value itself."""
    return not field["required"] and "max" not in field and field["kind"] in ("UINT", "INT", "REAL", "BOOL", "STRUCT")


def comment(text):
    return f" // {text}" if text else ""


def constant(enum, value):
    return f"{enum}_{snake(value)}".upper()


def members_of(fields):
    """The lines of a struct, the widest types first, so that nothing lies between them."""
    lines = []
    for field in fields:
        width = {"CHOICE": 1, "BOOL": 2}.get(field["kind"], 0)
        many = f"[{field['max']}]" if "max" in field else ""
        needed = "needed; " if field["required"] else ""
        about = comment((needed + field["about"]).strip("; "))
        lines.append((width, f"    {field['type']} {field['name']}{many};{about}"))
        if "max" in field:
            lines.append((0, f"    size_t {field['name']}_count;"))
        if has_flag(field):
            lines.append((2, f"    bool has_{field['name']};"))
    return [line for _, line in sorted(lines, key=lambda line: line[0])]


def header_of(kind):
    out = []
    for name, values in kind.enums.items():
        out.append(f"enum {name} {{")
        out.append(f"    {name.upper()}_ABSENT,")
        out += [f"    {constant(name, value)}," for value in values]
        out.append("};")
        out.append(f"const char *{name}_name(enum {name} value); // as in the body; NULL: absent\n")
    for name, (about, fields) in kind.structs.items():
        if about:
            out.append(f"// {about}")
        out.append(f"struct {name} {{")
        out += members_of(fields)
        out.append("};\n")
    top = f"lt_{kind.name}"
    out.append(
        f"enum lt_code {top}_decode(struct lt_slice body, struct {top} *{kind.name}, struct lt_error *error);\n"
        f"enum lt_code {top}_encode(const struct {top} *{kind.name}, struct lt_buffer *body, struct lt_error *error);\n"
    )
    return "\n".join(out)


def code_of(kind):
    out = []
    for name, values in kind.enums.items():
        texts = ", ".join(json.dumps(value) for value in values)
        out.append(f"static const char *const {name}_names[] = {{{texts}, NULL}};")
        out.append(f"_Static_assert(sizeof(enum {name}) == sizeof(unsigned), \"an enum is an unsigned\");")
        out.append(f"const char *{name}_name(enum {name} value)\n{{")
        out.append(f"    return value > 0 && value <= {len(values)} ? {name}_names[value - 1] : NULL;\n}}\n")
    for name, (_, fields) in kind.structs.items():
        out.append(f"static const struct bind_field {name}_fields[] = {{")
        for field in fields:
            struct = f"struct {name}"
            has = f"offsetof({struct}, has_{field['name']})" if has_flag(field) else "BIND_NO_FLAG"
            count = f"offsetof({struct}, {field['name']}_count)" if "max" in field else "0"
            of = f"&{field['of']}_struct" if "of" in field else "NULL"
            choices = f"{field['choices']}_names" if "choices" in field else "NULL"
            required = "true" if field["required"] else "false"
            out.append(
                f"    {{{json.dumps(field['key'])}, BIND_{field['kind']}, {required}, "
                f"offsetof({struct}, {field['name']}), {has}, {count}, {field.get('max', 0)}, "
                f"sizeof({field['type']}), {of}, {choices}}},"
            )
        out.append("};")
        out.append(f"static const struct bind_struct {name}_struct = {{{name}_fields, {len(fields)}, sizeof(struct {name})}};\n")
    top = f"lt_{kind.name}"
    out.append(
        f"enum lt_code {top}_decode(struct lt_slice body, struct {top} *{kind.name}, struct lt_error *error)\n"
        f"{{\n    return bind_decode(&{top}_struct, body, {kind.name}, error);\n}}\n\n"
        f"enum lt_code {top}_encode(const struct {top} *{kind.name}, struct lt_buffer *body, struct lt_error *error)\n"
        f"{{\n    return bind_encode(&{top}_struct, {kind.name}, body, error);\n}}\n"
    )
    return "\n".join(out)


HEADER = """\
// Made by schemas/gen/bindings.py from schemas/types/*.json.
//
// The built-in bodies as structs. Decoding gives views into the body (alive as long as it), takes what the schema's shape
// allows and refuses the rest (LT_BODY_WRONG); bounds and patterns are the validator's (lt_type_check). What is absent: a
// slice without data, an enum of 0, a count of 0, has_… false. Encoding appends the keys in the schema's order, and
// refuses what is needed and absent (LT_BAD_USE).
#ifndef LIENTHON_TYPES_H
#define LIENTHON_TYPES_H

#include <lienthon/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

"""


def main():
    header_path, code_path, *paths = map(pathlib.Path, sys.argv[1:])
    try:
        kinds = [Type(path) for path in paths]
    except Unknown as why:
        sys.exit(f"bindings.py: {why}")
    header_path.parent.mkdir(parents=True, exist_ok=True)
    header_path.write_text(
        HEADER + "\n".join(map(header_of, kinds)) + "\n#ifdef __cplusplus\n}\n#endif\n#endif\n", encoding="utf-8"
    )
    code_path.write_text(
        "// Made by schemas/gen/bindings.py from schemas/types/*.json.\n"
        '#include "lienthon/types.h"\n\n#include "bind.h"\n\n' + "\n".join(map(code_of, kinds)),
        encoding="utf-8",
    )


main()
