"""Every golden vector of schemas/vectors, through the Python client that was written from wire.md."""

import json
import random
from pathlib import Path

import pytest

import lienthon
from lienthon import Book, Judge, Refused, code, grant, invitation, names, pack, part, seal

VECTORS = Path(__file__).parents[2] / "schemas" / "vectors"


def load(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


NAMES, PARTS, SEALS, GRANTS, RECEIVE = (
    load(name) for name in ("names", "parts", "seals", "grants", "receive")
)


def named(cases):
    return [pytest.param(case, id=f"{index}: {case['name']}") for index, case in enumerate(cases)]


def code_of(function, *args):
    try:
        return function(*args) or code.DONE
    except Refused as refused:
        assert refused.text
        return refused.code


GRAMMARS = {
    "topics": names.is_topic,
    "patterns": names.is_pattern,
    "principals": names.is_principal,
    "types": names.is_type,
    "origins": names.is_origin,
    "principal_patterns": names.is_principal_pattern,
}


@pytest.mark.parametrize(
    "kind, text, valid",
    [
        (kind, text, valid)
        for kind in GRAMMARS
        for valid in (True, False)
        for text in NAMES[f"{kind}_{'valid' if valid else 'invalid'}"]
    ],
)
def test_a_name_is_taken_or_not(kind, text, valid):
    assert GRAMMARS[kind](text) is valid


def test_no_list_of_names_is_left_out():
    lists = {f"{kind}_{end}" for kind in GRAMMARS for end in ("valid", "invalid")}
    assert set(NAMES) == lists | {"matches", "covers", "principal_matches", "principal_covers", "note"}


@pytest.mark.parametrize("pattern, topic, yes", NAMES["matches"])
def test_a_pattern_matches_a_topic(pattern, topic, yes):
    assert names.matches(pattern, topic) is yes


@pytest.mark.parametrize("outer, inner, yes", NAMES["covers"])
def test_a_pattern_covers_another(outer, inner, yes):
    assert names.covers(outer, inner) is yes


@pytest.mark.parametrize("outer, inner, yes", NAMES["principal_matches"] + NAMES["principal_covers"])
def test_a_scope_covers_principals(outer, inner, yes):
    assert names.principal_covers(outer, inner) is yes


@pytest.mark.parametrize("case", named(PARTS["cases"]))
def test_a_part_is_decoded_or_refused(case):
    assert code_of(lambda: part.decode(bytes.fromhex(case["part"])) and 0) == case["code"]


NOT_SHORTEST = ("wide integers", "array32 header")


@pytest.mark.parametrize("case", named([c for c in PARTS["cases"] if c["code"] == 0]))
def test_a_part_is_the_same_when_encoded_again(case):
    raw = bytes.fromhex(case["part"])
    again = part.decode(part.decode(raw).encode())
    assert again.values() == part.decode(raw).values()
    assert (again.raw == raw) is (case["name"] not in NOT_SHORTEST)


@pytest.mark.parametrize("data, hash", SEALS["hash"])
def test_h_is_blake2b_of_32_bytes(data, hash):
    assert seal.H(bytes.fromhex(data)).hex() == hash


def verify(case):
    seal.verify(seal.decode(bytes.fromhex(case["sealed"])), bytes.fromhex(case["key"]))


@pytest.mark.parametrize("case", named(SEALS["cases"]))
def test_a_seal_holds_or_not(case):
    assert code_of(verify, case) == case["code"]


def test_seal_vectors_are_made_again_from_their_seed():
    keys = seal.Keys.from_seed(bytes.fromhex(SEALS["seed"]))
    assert keys.public.hex() == SEALS["public_key"]
    assert seal.key_id(keys.public).hex() == SEALS["key_id"]
    single = SEALS["cases"][0]
    raw = bytes.fromhex(single["part"])
    assert seal.leaf_hash(raw).hex() == single["leaf"] == single["root"]
    assert seal.seal_one(raw, keys).hex() == single["sealed"]


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_a_batch_is_sealed_as_the_vectors_have_it(count):
    keys = seal.Keys.from_seed(bytes.fromhex(SEALS["seed"]))
    batch = [
        bytes.fromhex(case["sealed"])
        for case in SEALS["cases"]
        if case["name"].startswith(f"batch of {count}, index") and case["code"] == 0
    ]
    assert len(batch) == count
    assert seal.seal([seal.decode(raw).part_raw for raw in batch], keys) == batch


@pytest.mark.parametrize("count", [1, 2, 3, 7, 33, 1024])
def test_every_member_of_a_batch_can_be_proved_alone(count):
    keys = seal.Keys.from_seed(bytes(32))
    for raw in seal.seal([str(index).encode() for index in range(count)], keys)[:: max(1, count // 40)]:
        seal.verify(seal.decode(raw), keys.public)


def test_the_hubs_book_takes_grants_step_by_step():
    book = Book(bytes.fromhex(GRANTS["root"]))
    for index, step in enumerate(GRANTS["steps"]):
        raw = bytes.fromhex(step["sealed"])
        if step["do"] == "grant":
            found = code_of(book.take, raw)
        else:
            sealed = seal.decode(raw)
            found = code_of(book.authorise, sealed, sealed.part.created)
        assert found == step["code"], f"step {index}: {step['name']}"


@pytest.mark.parametrize("case", named(GRANTS["sets"]))
def test_a_set_of_grants_settles_whatever_the_order(case):
    shuffle = random.Random(7)
    raws = [bytes.fromhex(raw) for raw in case["grants"]]
    for _ in range(12):
        book = Book(bytes.fromhex(GRANTS["root"]))
        for raw in raws:
            book.learn(raw)
        assert {name: one.serial for name, one in book.in_force().items()} == case["in_force"]
        if "key_of_c" in case:
            assert book.find("c").key.hex() == case["key_of_c"]
        shuffle.shuffle(raws)


def test_an_invitation_code_is_read_and_written():
    case = GRANTS["invitation"]
    opened = invitation.decode(case["code"])
    assert opened.issuer == case["issuer"]
    assert opened.join_url == case["join_url"] and opened.principal == case["principal"]
    assert opened.hub_curve.hex() == case["hub_curve"]
    assert opened.root.hex() == case["root"] and opened.seed.hex() == case["seed"]
    assert opened.encode() == case["code"]


@pytest.mark.parametrize("bad", ["", "lienthon:", "lienthon:%%%", "lienthon:gA", "zalo:lgG0"])
def test_a_damaged_invitation_is_refused(bad):
    with pytest.raises(Refused):
        invitation.decode(bad)


def receiver():
    book = Book(bytes.fromhex(RECEIVE["root"]))
    for raw in RECEIVE["grants"]:
        book.learn(bytes.fromhex(raw))
    return Judge(book)


def test_a_receiver_judges_step_by_step():
    judge = receiver()
    for index, step in enumerate(RECEIVE["steps"]):
        raw = bytes.fromhex(step["sealed"])
        found = code_of(judge.judge, raw, step["now"])
        if found == code.DONE and "body" not in step:
            found = code_of(lambda: part.decode(seal.decode(raw).part_raw).content() and 0)
        assert found == step["code"], f"step {index}: {step['name']}"


@pytest.mark.parametrize("case", named(RECEIVE["replaces"]))
def test_a_message_takes_the_place_of_another(case):
    old, new = (part.decode(bytes.fromhex(case[which])) for which in ("old", "new"))
    assert part.takes_place(new, old) is case["takes_place"]


def test_sealed_time_is_heard_from_whoever_may_tell_it():
    judge = receiver()
    for case in RECEIVE["times"]:
        found = code_of(lambda: judge.hear_time(bytes.fromhex(case["sealed"])) and 0)
        assert found == case["code"], case["name"]
        if "time" in case:
            assert judge.time == case["time"]


@pytest.mark.parametrize("case", named(RECEIVE["bodies"]))
def test_a_body_is_one_or_not(case):
    assert code_of(lambda: pack.read_body(bytes.fromhex(case["body"])) and 0) == case["code"]


def test_a_bundle_is_read_as_it_was_written():
    sealed = [bytes.fromhex(case["sealed"]) for case in SEALS["cases"] if case["code"] == 0]
    data = lienthon.bundle.write(sealed)
    assert lienthon.bundle.read(data) == sealed
    with pytest.raises(Refused):
        lienthon.bundle.read(data[:-1])
    with pytest.raises(Refused):
        lienthon.bundle.read(pack.packb(["lienthon bundle", 2]))


def test_an_invitation_that_is_no_grant_of_one_principal_is_void():
    body = grant.make_body("invite.0", bytes(32), bytes(32), serial=1, not_before=1, expires=2, rights=["enrol"])
    with pytest.raises(Refused) as refused:
        grant.open_grant(grant.make("root", body))
    assert refused.value.code == code.BODY_WRONG


def test_the_log_tree_proves_each_leaf():
    tree = lienthon.tree
    leaves = [tree.leaf(str(index).encode()) for index in range(13)]
    for size in range(1, 14):
        root = tree.root(leaves[:size])
        for index in range(size):
            path = tree.path(leaves[:size], index)
            assert tree.root_from_path(leaves[index], index, size, path) == root
            assert tree.root_from_path(leaves[index], index, size, path + [root]) != root
