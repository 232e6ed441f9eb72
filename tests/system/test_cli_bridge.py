"""`lienthon bridge`: the front of the programs that know bridges. What it hands over, and that their word is its own."""

import json
import os
import shutil

import pytest

from harness import BIN, environment, run

LIENTHON = BIN / "lienthon"

ECHO = """#!/usr/bin/python3
import json, os, sys
print(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]))
sys.exit(int(os.environ.get("STATUS", "0")))
"""
FAILING = """#!/bin/sh
echo "lienthon-bridge: first" >&2
echo "lienthon-bridge: the last word" >&2
exit 3
"""


@pytest.fixture
def beside(tmp_path):
    """A copy of the command with other programs beside it."""
    place = tmp_path / "bin"
    place.mkdir()
    shutil.copy(LIENTHON, place / "lienthon")

    def put(text, *names):
        for name in names or ("lienthon-bridge", "lienthon-bridge-test"):
            (place / name).write_text(text)
            (place / name).chmod(0o755)
        return place / "lienthon"

    return put


@pytest.mark.parametrize("words, program, handed", [
    (["list"], "lienthon-bridge", ["--list"]),
    (["show", "loa"], "lienthon-bridge", ["--show", "loa"]),
    (["explain", "loa", "tin.json"], "lienthon-bridge", ["--explain", "loa", "--", "tin.json"]),
    (["quarantine", "loa"], "lienthon-bridge", ["--quarantine", "loa"]),
    (["quarantine", "loa", "release", "x"], "lienthon-bridge", ["--quarantine", "loa", "--", "release", "x"]),
    (["reload", "loa"], "lienthon-bridge", ["--reload", "loa"]),
    (["test", "loa", "--only", "flood", "--only", "clock"], "lienthon-bridge-test",
     ["--only", "flood", "--only", "clock", "--", "loa"]),
    (["test", "--", "--only"], "lienthon-bridge-test", ["--", "--only"]),
])
def test_a_verb_is_handed_to_the_program_that_knows_it(beside, tmp_path, words, program, handed):
    lienthon = beside(ECHO)
    assert json.loads(run(lienthon, "bridge", "-C", tmp_path, *words).stdout) == [program, "-C", str(tmp_path), *handed]
    said = run(lienthon, "bridge", "--json", "-C", tmp_path, *words)
    assert json.loads(said.stdout) == [program, "-C", str(tmp_path), "--json", *handed]


@pytest.mark.parametrize("json_too", [[], ["--json"]])
@pytest.mark.parametrize("status", [1, 2, 4])
def test_its_exit_code_is_theirs(beside, tmp_path, status, json_too):
    lienthon = beside(ECHO)
    run(lienthon, "bridge", "list", "-C", tmp_path, *json_too, status=status, env=environment(STATUS=str(status)))


def test_what_fails_without_an_answer_is_told_as_json(beside, tmp_path):
    lienthon = beside(FAILING)
    said = run(lienthon, "bridge", "show", "loa", "-C", tmp_path, "--json", status=3)
    assert json.loads(said.stdout) == {"error": "lienthon-bridge: the last word", "code": "not-found", "number": 27}


def test_a_program_that_is_not_there_is_told(beside, tmp_path):
    lienthon = beside(ECHO, "lienthon-bridge")
    said = run(lienthon, "bridge", "test", "loa", "-C", tmp_path, status=1, env=environment(PATH="/nowhere"))
    assert "lienthon-bridge-test cannot be started" in said.stderr and "is it installed" in said.stderr


def test_the_bridges_that_there_are(tmp_path):
    assert "filedrop" in run(LIENTHON, "bridge", "list", "-C", tmp_path).stdout


@pytest.mark.parametrize("words, sentence", [
    (["lst"], "bridge lst: new, list, show, explain"),
    (["list", "loa"], "lienthon bridge list"),
    (["explain", "loa"], "lienthon bridge explain NAME MESSAGE"),
    (["reload", "loa", "--only", "flood"], "--only goes with lienthon bridge test"),
    (["list", "--in", "c"], "--in goes with lienthon bridge new"),
    (["new"], "lienthon bridge new NAME [--in c|python] [DIR]"),
    (["new", "kho", "--in", "rust"], "--in rust: c and python are allowed"),
])
def test_a_wrong_line_says_what_is_allowed(tmp_path, words, sentence):
    assert sentence in run(LIENTHON, "bridge", "-C", tmp_path, *words, status=2).stderr
