"""The validator held against Debian's python3-jsonschema (draft 2020-12), on its own table and on generated cases."""
import base64
import json
import os
import pathlib
import random
import subprocess

import jsonschema
import msgpack
import pytest

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("LT_BIN", HERE.parents[1] / "build" / "asan" / "bin"))
CASES = HERE.parent / "unit" / "schema_cases.json"


class Validator:
    """The C validator behind a pipe: one line a question."""

    def __init__(self):
        program = BIN.parent / "tests" / "validate"
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, schema, instances):
        bodies = [msgpack.packb(one).hex() for one in instances]
        question = {"schema": json.dumps(schema), "bodies": bodies}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the validator ended at {schema}"
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def validator():
    validator = Validator()
    yield validator
    validator.end()


def test_the_table_is_the_drafts_own_meaning(validator):
    """What unit tests hold the C code to is what a second implementation says, but for its known faults."""
    groups = json.loads(CASES.read_text(encoding="utf-8"))["groups"]
    compared = 0
    for group in groups:
        if group.get("format") or group.get("blows_up"):
            continue
        second = jsonschema.Draft202012Validator(group["schema"])
        answer = validator.ask(group["schema"], [case[0] for case in group["cases"]])
        for case, ours in zip(group["cases"], answer["fits"]):
            compared += 1
            assert (ours is None) == case[1], (group["schema"], case, ours)
            differs = len(case) > 2
            assert (second.is_valid(case[0]) == case[1]) != differs, (group["schema"], case)
    assert compared > 400


WORDS = ["", "a", "b", "ab", "abc", "loa", "ấp", "An Thường", "a-b", "x1", "12", "💩", "e\u0301"]
PATTERNS = ["^a", "b$", "^[a-z]*$", "^(a|b)+$", "^[^a]", "a{2,3}", "^.{1,3}$", "[0-9]+", "ấ", "^$", "(ab|c)?x*$"]
KEYS = ["a", "b", "c", "d", "ấp"]
TYPES = ["null", "boolean", "object", "array", "number", "integer", "string"]


class Maker:
    """Schemas and values at random, small and near to each other, so that both answers are common."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = []

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def number(self):
        r = self.random
        return r.choice([0, 1, 2, 3, 5, 10, -1, -3, 0.5, 1.0, 2.0, -0.0, 2.5, 1e10, r.randrange(-20, 20), r.randrange(-40, 40) / 4])

    def value(self, depth=3):
        r = self.random
        kind = r.randrange(9 if depth else 6)
        if kind < 2:
            return self.number()
        if kind < 4:
            return r.choice(WORDS)
        if kind < 6:
            return r.choice([True, False, None])
        if kind < 8 or not depth:
            return [self.value(depth - 1) for _ in range(r.randrange(4))]
        return {key: self.value(depth - 1) for key in r.sample(KEYS, r.randrange(4))}

    def constant(self):
        """For enum and const: no 0, 1, true or false inside lists, where the second implementation mixes them up."""
        r = self.random
        if self.chance(70):
            return r.choice([self.number(), r.choice(WORDS), True, False, None])
        inner = [r.choice([2, 2.0, 3.5, "a", "ấp", None]) for _ in range(r.randrange(3))]
        return inner if self.chance(50) else dict(zip(KEYS, inner))

    def schema(self, depth=3):
        r = self.random
        if self.chance(4):
            return r.choice([True, False, {}])
        schema = {}
        for add in r.sample(self.adders(depth), r.randrange(1, 4)):
            add(schema, depth)
        return schema

    def adders(self, depth):
        simple = [self.add_type, self.add_bounds, self.add_text, self.add_constant, self.add_sizes]
        deep = [self.add_items, self.add_object, self.add_object, self.add_forms, self.add_if, self.add_ref]
        return simple + (deep if depth else [])

    def add_type(self, schema, _):
        some = self.random.sample(TYPES, self.random.randrange(1, 4))
        schema["type"] = some[0] if len(some) == 1 else some

    def add_bounds(self, schema, _):
        for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            if self.chance(30):
                schema[key] = self.number()
        if self.chance(30):
            schema["multipleOf"] = self.random.choice([1, 2, 3, 0.5, 0.25, 2.5])

    def add_text(self, schema, _):
        if self.chance(40):
            schema["minLength"] = self.random.randrange(4)
        if self.chance(40):
            schema["maxLength"] = self.random.randrange(5)
        if self.chance(50):
            schema["pattern"] = self.random.choice(PATTERNS)

    def add_constant(self, schema, _):
        if self.chance(60):
            schema["enum"] = [self.constant() for _ in range(self.random.randrange(5))]
        else:
            schema["const"] = self.constant()

    def add_sizes(self, schema, _):
        if self.chance(40):
            schema["minItems"] = self.random.randrange(3)
        if self.chance(40):
            schema["maxItems"] = self.random.randrange(4)
        if self.chance(50):
            schema["uniqueItems"] = self.chance(80)

    def add_items(self, schema, depth):
        if self.chance(50):
            schema["prefixItems"] = [self.schema(depth - 1) for _ in range(self.random.randrange(1, 3))]
        if self.chance(60):
            schema["items"] = self.schema(depth - 1)
        if self.chance(40):
            schema["contains"] = self.schema(depth - 1)

    def add_object(self, schema, depth):
        keys = self.random.sample(KEYS, self.random.randrange(1, 4))
        schema["properties"] = {key: self.schema(depth - 1) for key in keys}
        if self.chance(50):
            schema["required"] = self.random.sample(KEYS, self.random.randrange(3))
        if self.chance(40):
            schema["additionalProperties"] = self.random.choice([False, self.schema(depth - 1)])

    def add_forms(self, schema, depth):
        key = self.random.choice(["anyOf", "oneOf", "allOf", "not"])
        if key == "not":
            schema[key] = self.schema(depth - 1)
        else:
            schema[key] = [self.schema(depth - 1) for _ in range(self.random.randrange(1, 4))]

    def add_if(self, schema, depth):
        schema["if"] = self.schema(depth - 1)
        for key in ("then", "else"):
            if self.chance(70):
                schema[key] = self.schema(depth - 1)

    def add_ref(self, schema, _):
        if self.names:
            schema["$ref"] = f"#/$defs/{self.random.choice(self.names)}"

    def whole(self):
        """A schema with definitions; a definition leans only on earlier ones, and on the root below a key."""
        definitions = {}
        for name in self.random.sample(["x", "y", "z"], self.random.randrange(4)):
            definitions[name] = self.schema(2)
            self.names.append(name)
        schema = self.schema()
        if not isinstance(schema, dict):
            return schema
        if definitions:
            schema["$defs"] = definitions
        if self.chance(15):
            schema.setdefault("properties", {})["a"] = {"$ref": "#"}
        return schema

    def near(self, schema, depth=4):
        """A value that often fits."""
        r = self.random
        if not isinstance(schema, dict) or not depth or self.chance(15):
            return self.value(2)
        if "const" in schema and self.chance(70):
            return schema["const"]
        if schema.get("enum") and self.chance(70):
            return r.choice(schema["enum"])
        if "properties" in schema and self.chance(75):
            made = {k: self.near(s, depth - 1) for k, s in schema["properties"].items() if self.chance(80)}
            for key in schema.get("required", []):
                made.setdefault(key, self.value(1))
            if self.chance(15):
                made[r.choice(KEYS)] = self.value(1)
            return made
        if ("items" in schema or "prefixItems" in schema) and self.chance(75):
            made = [self.near(one, depth - 1) for one in schema.get("prefixItems", [])]
            return made + [self.near(schema.get("items"), depth - 1) for _ in range(r.randrange(3))]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema and self.chance(60):
                return self.near(r.choice(schema[key]), depth - 1)
        return self.value(2)


@pytest.mark.parametrize("batch", range(6))
def test_generated_schemas_mean_what_the_draft_says(validator, batch):
    fits = refused = 0
    for number in range(250):
        seed = batch * 1_000_003 + number
        maker = Maker(seed)
        schema = maker.whole()
        values = [maker.near(schema) for _ in range(12)] + [maker.value() for _ in range(8)]
        answer = validator.ask(schema, values)
        assert "fits" in answer, (seed, schema, answer)
        second = jsonschema.Draft202012Validator(schema)
        for value, ours in zip(values, answer["fits"]):
            theirs = second.is_valid(value)
            assert (ours is None) == theirs, f"seed {seed}\n{json.dumps(schema, ensure_ascii=False)}\n{value!r}\n{ours}"
            fits += theirs
            refused += not theirs
    assert fits > 500 and refused > 500


def test_the_built_in_types_are_standard_schemas():
    files = sorted((HERE.parents[1] / "schemas" / "types").glob("*.json"))
    assert len(files) >= 8
    for path in files:
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


class Bindings(Validator):
    """The generated C structs behind a pipe: JSON in, decoded, encoded again, JSON out."""

    def __init__(self):
        program = BIN.parent / "tests" / "bindings"
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def again(self, name, body):
        self.process.stdin.write(json.dumps({"type": name, "json": json.dumps(body)}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Example:
    """Bodies of a built-in type from its schema: all fields, or a random part of them."""

    TEXTS = {  # one that fits for each pattern of the built-in types
        "^[a-z0-9]+(-[a-z0-9]+)*$": "tiem-chung",
        "^[a-z0-9_][a-z0-9_-]*$": "an-thuong",
        "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "km",
        "^[+0-9][0-9 .-]*$": "0299 3822 222",
        "^[a-z][a-z0-9-]*$": "nam",
        "^[a-z]+/[A-Za-z0-9.+-]+$": "image/jpeg",
        "^[^/\\\\\\u0000-\\u001F]+$": "Ảnh đê.jpg",
        "^([01][0-9]|2[0-3]):[0-5][0-9]$": "17:30",
        "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$": "to-so.an-thuong",
        "^[a-z][a-z0-9-]*[.]v[1-9][0-9]*$": "siren.v1",
        "^[0-9A-Za-z.-]+$": "31684",
        "^-?[0-9]+([.][0-9]+)?,-?[0-9]+([.][0-9]+)?( -?[0-9]+([.][0-9]+)?,-?[0-9]+([.][0-9]+)?){3,}$": "9.6,106.1 9.7,106.1 9.7,106.2 9.6,106.1",
        "^-?[0-9]+([.][0-9]+)?,-?[0-9]+([.][0-9]+)? [0-9]+([.][0-9]+)?$": "9.6,106.1 2.5",
    }

    def __init__(self, schema, seed=None):
        self.whole = schema
        self.random = random.Random(seed) if seed is not None else None

    def of(self, schema=None):
        schema = self.whole if schema is None else schema
        while "$ref" in schema:
            schema = self.whole["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        if "enum" in schema:
            return self.random.choice(schema["enum"]) if self.random else schema["enum"][-1]
        return getattr(self, "of_" + schema["type"])(schema)

    def of_object(self, schema):
        keep = set(schema.get("required", []))
        keep |= {key for key in schema["properties"] if not self.random or self.random.random() < 0.5}
        if "anyOf" in schema and not any(set(one["required"]) <= keep for one in schema["anyOf"]):
            keep |= set(schema["anyOf"][0]["required"])
        if "missed" in keep and "missed_minutes" in schema["properties"]:
            keep.add("missed_minutes")
        return {key: self.of(sub) for key, sub in schema["properties"].items() if key in keep}

    def of_array(self, schema):
        made = [self.of(schema["items"])]
        return made

    def of_string(self, schema):
        if "contentEncoding" in schema:
            return base64.b64encode(bytes(range(schema["minBytes"]))).decode()
        if schema.get("format") == "uri":
            return "https://an-thanh-1.example/tin?số=1".replace("số", "so")
        return self.TEXTS[schema["pattern"]] if "pattern" in schema else "Ấp An Thường"

    def of_integer(self, schema):
        return schema["maximum"]

    def of_number(self, _):
        return 12.5

    def of_boolean(self, _):
        return self.random.random() < 0.5 if self.random else True


BOUND = ["alert.v1", "approval.v1", "health.v1", "notice.v1", "receipt.v1", "speaker-hours.v1", "speaker-state.v1", "time.v1"]


@pytest.mark.parametrize("name", BOUND)
def test_bindings_hold_every_field_of_a_type_and_give_it_back(name):
    schema = json.loads((HERE.parents[1] / "schemas" / "types" / f"{name}.json").read_text(encoding="utf-8"))
    bindings = Bindings()
    try:
        for seed in [None, *range(40)]:
            body = Example(schema, seed).of()
            answer = bindings.again(name, body)
            assert answer["code"] == 0, (body, answer)
            assert json.loads(answer["json"]) == body
            assert list(json.loads(answer["json"])) == list(body)
    finally:
        bindings.end()


def test_the_page_about_types_is_what_the_schemas_say():
    made = subprocess.run(
        ["/usr/bin/python3", HERE.parents[1] / "schemas" / "gen" / "page.py"],
        stdout=subprocess.PIPE, check=True, encoding="utf-8",
    ).stdout
    page = HERE.parents[1] / "schemas" / "types" / "README.md"
    assert page.read_text(encoding="utf-8") == made, "run: python3 schemas/gen/page.py >schemas/types/README.md"


def test_a_shape_without_a_binding_stops_the_build(tmp_path):
    for body, why in (
        ({"type": "object", "properties": {}}, "additionalProperties"),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {"type": "array", "items": {"type": "string"}}}}, "maxItems"),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {"oneOf": []}}}, "oneOf"),
        ({"type": "object", "additionalProperties": False, "properties": {"int": {"type": "string"}}}, "no C name"),
    ):
        (tmp_path / "x.v1.json").write_text(json.dumps(body))
        done = subprocess.run(
            ["/usr/bin/python3", HERE.parents[1] / "schemas" / "gen" / "bindings.py", tmp_path / "x.h", tmp_path / "x.c", tmp_path / "x.v1.json"],
            stderr=subprocess.PIPE, encoding="utf-8", check=False,
        )
        assert done.returncode != 0 and why in done.stderr, (body, done.stderr)
