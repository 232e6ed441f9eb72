"""The manual pages: made of the tables that --help is made of, clean, and readable."""

import json
import os
import re
import subprocess

import pytest

from harness import BIN, REPO, environment, run

MAN = BIN.parent / "share" / "man"
PAGES = sorted(MAN.glob("man?/*"))
DESCRIBED = json.loads(run(BIN / "lienthon", "help", "--json").stdout)
BRIDGES = [line.split()[0] for line in run(BIN / "lienthon-bridge", "--list").stdout.splitlines()]
COMMANDS = {one["command"]: one for one in DESCRIBED["commands"]}


def read(name, section):
    """As a person with a wide terminal reads it."""
    found = run("man", "-M", MAN, section, name, env=environment(LC_ALL="C.UTF-8", MANWIDTH="1000", MANPAGER="cat"))
    text = re.sub(r".\x08", "", found.stdout)
    return re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;]*m", "", text))


def flat(text):
    return re.sub(r"\s+", " ", text).strip()


def test_there_is_a_page_for_everything():
    names = {path.name for path in PAGES}
    assert {"lienthon.1", "lienthond.8", "lienthon-bridge.8", "lienthon-bridge.5", "commune.yaml.5", "lienthon-identity.5",
            "lienthon-role.5"} <= names
    assert {f"lienthon-bridge-{bridge}.5" for bridge in BRIDGES} <= names
    assert {f"lienthon-{command}.1" for command in COMMANDS} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_clean(page):
    lint = subprocess.run(["mandoc", "-Tlint", page], capture_output=True, text=True)
    assert lint.stdout + lint.stderr == ""
    groff = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z", page], capture_output=True, text=True)
    assert (groff.returncode, groff.stderr) == (0, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_commands_page_says_what_its_table_says(command):
    said = read(f"lienthon-{command}", "1")
    one = COMMANDS[command]
    assert one["about"] in said
    assert flat(one["more"] or "") in said
    assert flat(one["example"]) in said
    for option in one["options"]:
        assert f"--{option['name']}" in said and option["about"] in said
    schemas = [one["schema"].get("items", one["schema"])]
    for schema in schemas[0].get("anyOf", schemas):
        for name, field in schema["properties"].items():
            assert f" {name} (" in said and field["description"] in said, name


def test_the_first_page_lists_commands_and_what_all_take():
    said = read("lienthon", "1")
    for command in COMMANDS.values():
        assert command["about"] in said or command["command"] == "complete"
    for option in DESCRIBED["options"]:
        assert option["about"] in said
    for code in DESCRIBED["exit_codes"]:
        assert f"{code['number']} {code['about']}" in said


def test_diacritics_are_read_as_they_are_written():
    assert 'lienthon init an-thanh-1 --name "Xã An Thạnh 1" --hamlet an-thuong="Ấp An Thường"' in read("lienthon-init", "1")


@pytest.mark.parametrize("name, words", [("lienthond", "8"), ("lienthon-bridge", "8"), ("lienthon-bridge-test", "8"),
                                         ("lienthon-say", "1")])
def test_a_programs_page_has_the_options_of_its_help(name, words):
    said = read(name, words)
    options = re.findall(r"^  (-\S+)", run(BIN / name, "--help").stdout, re.M)
    assert options
    for option in options:
        assert option in said


@pytest.mark.parametrize("name, ask", [
    ("commune.yaml", ["lienthon", "help", "commune.yaml"]),
    ("lienthon-identity", ["lienthon", "help", "identity.yaml"]),
    ("lienthon-role", ["lienthon", "help", "role.yaml"]),
    *((f"lienthon-bridge-{bridge}", ["lienthon-bridge", "--sample", bridge]) for bridge in BRIDGES),
])
def test_a_files_page_has_every_key(name, ask):
    said = read(name, "5")
    sample = run(BIN / ask[0], *ask[1:]).stdout
    helps = re.findall(r"# (.*) \((?:.*)\)\n +?#?([a-z_-]+):|# (.*) \((?:.*)\)\n#?([a-z_-]+):", sample)
    assert len(helps) >= 8
    for about in [one[0] or one[2] for one in helps]:
        assert flat(about) in said, about


def test_pages_are_installed_where_man_looks(tmp_path):
    build = BIN.parent
    for component in ("tools", "hub", "bridges"):
        run("cmake", "--install", build, "--component", component, env=dict(os.environ, DESTDIR=str(tmp_path)))
    found = {path.name for path in tmp_path.rglob("man?/*")}
    assert found == {path.name for path in PAGES}
    programs = {path.name for path in tmp_path.rglob("*bin/*")}
    assert len(programs) >= 5 and programs <= {path.stem for path in PAGES}, "each program has its page"
    assert {"lienthon", "_lienthon", "lienthon.fish"} <= {path.name for path in tmp_path.rglob("*") if path.is_file()}


def test_the_readme_names_pages_that_are_there():
    for name in re.findall(r"`man -M \S+ (\S+)`", (REPO / "README.md").read_text(encoding="utf-8")):
        assert any(page.name.startswith(f"{name}.") for page in PAGES), name
