"""The conformance suite: what holds of our bridges, and that it finds a bridge that is wrong, a way for each check."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from harness import BIN, LONG, PEERS, Process, environment, run, wait_until

SUITE = BIN / "lienthon-bridge-test"
CHECKS = [one["name"] for one in json.loads(run(SUITE, "--list", "--json").stdout)]
ZONES = Path(__file__).parents[2] / "bridges" / "speaker" / "zones.conformance.yaml"
SECRET = "mat-khau-cua-thu"
FAR = f"""
options:
  folder: $FAR
  token: {SECRET}
secrets: [{SECRET}]
effects: test ! -f happened || cat happened
down: mkdir -p away && touch happened && mv happened away/ && mkdir happened
up: rmdir happened && mv away/happened .
brings: printf '{{"type":"notice.v1","body":{{"text":"%s"}}}}' "$WORD" > send/.new && mv send/.new "send/$WORD.json"
patience: 3s
"""
# What an honest host keeps from every bridge is tried with one that does not.
OF_HOST = ("config", "replay", "drill", "forged", "reconnect", "quarantine")
# What there is nothing to be seen of: of a bridge that picks nothing up, or whose far side cannot be asked.
UNSEEN = {"filedrop": {"once"}, "http": set(), "feed": {"once", "publishes"}, "speaker": {"once", "publishes"}}
# A bridge that is wrong in the first way is wrong in these too: it does again what it was killed after, takes what is urgent, or
# released, for older, is too slow for one at a time, and takes for done what it crashed of.
ALSO = {"replay": {"kill"}, "reorder": {"flood", "priority", "quarantine"}, "expired": {"credit", "quarantine"},
        "cancelled": {"credit"}, "replaced": {"credit"}, "kill": {"quarantine"}}
# Quick ones; the whole is for tests/run --long.
BRIEF = ("config", "starts", "delivers", "stops", "dry-run", "drill", "credit", "clock", "disk", "secrets", "kill", "quarantine")
LONGER = ("expired", "replaced", "reconnect", "grows")


def bad(tmp_path, mode, *only, status=None):
    """The suite on the bad bridge, wrong in that way: verdicts by name."""
    far = tmp_path / "far.yaml"
    far.write_text(FAR)
    words = [word for check in only for word in ("--only", check)]
    if mode in OF_HOST:
        words += ["--host", PEERS / "careless_host"]
    found = run(SUITE, "bad", "--json", "--far", far, *words, status=status, timeout=600, env=environment(
        LIENTHON_BRIDGES=str(PEERS / "bridges"), BAD_BRIDGE=mode or "", CARELESS_HOST=mode or "", TMPDIR=str(tmp_path)))
    report = json.loads(found.stdout)
    return {one["name"]: one for one in report["checks"]}, report


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The suite on each of our bridges, all at once since it waits for most of its time; what it prints, by name."""
    running = {}
    for bridge in UNSEEN:
        place = tmp_path_factory.mktemp(bridge)
        words = [] if LONG else ["--steps", "12", *(word for check in CHECKS if check not in LONGER for word in ("--only", check))]
        with open(place / "said", "w") as said:
            running[bridge] = place / "said", subprocess.Popen(
                [SUITE, bridge, "--json", *words], stdout=said, env=environment(TMPDIR=str(place)))

    def report(bridge):
        said, process = running[bridge]
        process.wait(600)
        return json.loads(said.read_text())

    yield report
    for _, process in running.values():
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("check", CHECKS)
def test_a_bridge_that_is_wrong_fails_the_check_that_shows_it(tmp_path, check):
    others = {"delivers"} if check in OF_HOST else set()  # that host is careless, and not broken
    checks, _ = bad(tmp_path, check, check, *others, status=1)
    assert {name for name, one in checks.items() if one["verdict"] == "failed"} == {check}, checks
    assert checks[check]["seen"]


def test_the_same_bridge_when_it_is_right_passes(tmp_path):
    checks, report = bad(tmp_path, None, *BRIEF, status=0)
    assert {one["verdict"] for one in checks.values()} == {"held"}, checks
    assert "killed" in checks["kill"]["seen"]
    assert os.listdir(tmp_path) == ["far.yaml"], "nothing is left behind"


@pytest.mark.skipif(not LONG, reason="tests/run --long")
@pytest.mark.parametrize("check", [None, *CHECKS])
def test_no_other_check_fails_for_it(tmp_path, check):
    checks, report = bad(tmp_path, check)
    failed = {name: one["seen"] for name, one in checks.items() if one["verdict"] == "failed"}
    assert failed.keys() - ALSO.get(check, set()) == ({check} if check else set()), failed
    assert report["passed"] is (check is None)


@pytest.mark.parametrize("bridge", UNSEEN)
def test_our_bridges_hold(ours, bridge):
    """The feed is a program in Python that knows the kit from outside."""
    report = ours(bridge)
    checks = {one["name"]: one for one in report["checks"]}
    assert [one for one in report["checks"] if one["verdict"] == "failed"] == []
    assert report["passed"] is LONG and len(report["sha256"]) == 64
    unseen = {name for name, one in checks.items() if one["verdict"] == "not-seen"}
    assert unseen == UNSEEN[bridge] & checks.keys(), unseen


TARGETS = """
targets:
  an-thuong: an-thanh-1/an-thuong/thong-bao
  cho: an-thanh-1/an-thuong/#
"""


@pytest.mark.parametrize("mode, verdict", [("", "held"), ("targets", "failed")])
def test_a_message_for_several_targets_is_expected_at_each(tmp_path, mode, verdict):
    """In that mode it forgets all targets but the first, and says of all that they are done."""
    far = tmp_path / "far.yaml"
    far.write_text(FAR + TARGETS)
    found = run(SUITE, "bad", "--json", "--far", far, "--only", "delivers", "--only", "credit", "--only", "replay", status=None,
                env=environment(LIENTHON_BRIDGES=str(PEERS / "bridges"), BAD_BRIDGE=mode, TMPDIR=str(tmp_path)))
    checks = {one["name"]: one for one in json.loads(found.stdout)["checks"]}
    assert {one["verdict"] for one in checks.values()} == {verdict}, checks
    assert verdict == "held" or ", for cho: reported as done, but nothing had happened" in checks["delivers"]["seen"]


def test_a_far_side_that_does_not_tell_the_targets_apart_is_told(tmp_path):
    far = tmp_path / "far.yaml"
    far.write_text(FAR.replace("cat happened", "cut -d' ' -f1 happened") + TARGETS)
    found = run(SUITE, "bad", "--json", "--far", far, "--only", "delivers", status=1,
                env=environment(LIENTHON_BRIDGES=str(PEERS / "bridges"), TMPDIR=str(tmp_path)))
    assert "names none of the targets" in json.loads(found.stdout)["checks"][0]["seen"]


@pytest.mark.parametrize("only", [("delivers", "expired", "credit", "priority", "far", "stops"), pytest.param(
    (), marks=pytest.mark.skipif(not LONG, reason="tests/run --long"))])
def test_a_station_with_several_zones_holds(tmp_path, only):
    words = [word for check in only for word in ("--only", check)]
    found = run(SUITE, "speaker", "--json", "--far", ZONES, *words, status=None, timeout=600, env=environment(TMPDIR=str(tmp_path)))
    checks = {one["name"]: one for one in json.loads(found.stdout)["checks"]}
    assert {name for name, one in checks.items() if one["verdict"] != "held"} == UNSEEN["speaker"] & checks.keys(), checks


def test_what_cannot_be_seen_is_not_called_held(tmp_path):
    far = tmp_path / "far.yaml"
    far.write_text("options: {folder: $FAR}\n")
    found = run(SUITE, "filedrop", "--json", "--far", far, "--only", "delivers", "--only", "far",
                env=environment(TMPDIR=str(tmp_path)))
    assert [one["verdict"] for one in json.loads(found.stdout)["checks"]] == ["not-seen", "not-seen"]


def test_the_line_for_a_readme_needs_every_check(tmp_path):
    found = run(SUITE, "filedrop", "--only", "starts", env=environment(TMPDIR=str(tmp_path)))
    assert "held      starts" in found.stdout and "sha256" not in found.stdout


def test_a_far_side_of_its_own_is_started_seen_and_stopped(tmp_path):
    far = tmp_path / "far.yaml"
    far.write_text("far: echo $$ > pid; exec python3 -m http.server --bind 127.0.0.1 $PORT\n"
                   "options: {folder: $FAR}\neffects: ls received\n")
    run(SUITE, "filedrop", "--far", far, "--only", "delivers", "--keep", env=environment(TMPDIR=str(tmp_path)))
    [pid] = tmp_path.glob("lienthon-test-*/delivers/far/pid")
    assert not os.path.exists(f"/proc/{pid.read_text().strip()}")


@pytest.mark.parametrize("options", ["{folder: $FAR}", "\n  # Thư mục của bên kia\n  folder: $FAR"])
def test_the_options_are_found_behind_vietnamese_words(tmp_path, options):
    far = tmp_path / "far.yaml"
    far.write_text("# Bên kia là một thư mục: mỗi tin một tệp, đọc xong thì để nguyên đó.\n"
                   f"options: {options}\npatience: 3s\n")
    run(SUITE, "filedrop", "--far", far, "--only", "starts", env=environment(TMPDIR=str(tmp_path)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_interrupts_it_finds_nothing_left(tmp_path, number):
    place = tmp_path / "tmp"
    place.mkdir()
    process = Process([SUITE, "filedrop", "--only", "grows"], tmp_path, env=environment(TMPDIR=str(place)))
    [page] = wait_until(lambda: list(place.glob("*/grows/commune/data/bridge.thu")), "a bridge at work", watch=process)
    bridge = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    process.signal(number)
    assert process.wait() == 1
    assert "interrupted" in process.text() and list(place.iterdir()) == []
    assert bridge and not any(os.path.exists(f"/proc/{pid}") for pid in bridge)


@pytest.mark.parametrize("words, status, said", [
    (["khong-co"], 1, "there is no bridge 'khong-co'"),
    (["filedrop", "--only", "kil"], 2, "'kil' is no check"),
    ([], 2, "give one NAME"),
    (["filedrop", "--steps", "x"], 2, "--steps is a number"),
    (["filedrop", "--far", "/khong/co.yaml"], 1, "/khong/co.yaml"),
])
def test_what_is_wrong_with_its_words_is_told(words, status, said):
    assert said in run(SUITE, *words, status=status).stderr


def test_a_mistake_in_conformance_yaml_is_told_with_its_place(tmp_path):
    far = tmp_path / "far.yaml"
    far.write_text("options: {folder: $FAR}\neffect: ls\n")
    found = run(SUITE, "filedrop", "--far", far, status=1, env=environment(TMPDIR=str(tmp_path)))
    assert "far.yaml:2:1" in found.stderr and "'effects'" in found.stderr
