"""What a bridge died of three times, and what nobody knows of: set aside, seen, and released by a person."""

import json
import mmap
import os
import struct
import urllib.request

import pytest
import yaml
from damage import database
from filedrop import Folder, dead_of
from harness import BIN, PEERS, Process, environment, free_port, run, wait_until
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from test_speaker import Desk, states

LIMITS = {"joins": 1000}


def far_side(hub, tmp_path, bridge, **settings):
    made = Folder(hub, "xa", tmp_path / "far")
    made.file.write_text(yaml.safe_dump({"bridge": bridge, **settings, "identity": made.principal,
                                         "options": {"acts": str(tmp_path / "acts")}}))
    made.acts = lambda: (tmp_path / "acts").read_text().splitlines() if (tmp_path / "acts").exists() else []
    return made


def end(far):
    if far.process and far.process.is_running():
        far.process.stop()
    far.file.unlink()


@pytest.fixture
def far(hub, tmp_path):
    made = far_side(hub, tmp_path, "far")
    yield made
    end(made)


@pytest.fixture
def asked(hub, tmp_path):
    """Its far side can be asked what it has."""
    made = far_side(hub, tmp_path, "asked")
    yield made
    end(made)


def with_far():
    return environment(LIENTHON_BRIDGES=str(PEERS / "bridges"))


def aside(hub, far, *words):
    found = run(BIN / "lienthon-bridge", far.name, "-C", hub.dir, "--quarantine", *words, "--json", env=with_far())
    return [json.loads(line) for line in found.stdout.splitlines()]


def row_of(hub, far, posted):
    return [row for row in aside(hub, far) if row["id"].replace("-", "") == posted.id.hex()]


def start_until_it_dies(far):
    process = Process([BIN / "lienthon-bridge", far.name, "-C", far.commune.dir], far.commune.dir, env=with_far())
    assert process.wait() != 0


def test_what_it_died_of_three_times_is_set_aside_and_the_others_go_on(hub, far):
    desk = Desk(hub)
    far.start(env=with_far())
    far.process.stop()
    bad = desk.post({"text": "abort"})
    good = desk.post({"text": "tốt"})
    for _ in range(3):
        start_until_it_dies(far)
    far.start(env=with_far())
    desk.until(good, "done")
    [row] = wait_until(lambda: row_of(hub, far, bad), "what was set aside")
    assert row["reason"] == "crashed" and len(far.acts()) == 1, row
    (far.path.parent / "acts.well").touch()  # mended
    aside(hub, far, "release", row["id"])
    desk.until(bad, "done")
    wait_until(lambda: not row_of(hub, far, bad), "nothing set aside")
    assert len(far.acts()) == 2


def test_what_nobody_knows_of_is_not_repeated_until_a_person_says_so(hub, far):
    desk = Desk(hub)
    far.start(env=with_far())
    far.process.stop()
    posted = desk.post({"text": "unclear"})
    start_until_it_dies(far)
    far.start(env=with_far())
    desk.until(posted, "unknown")
    [row] = row_of(hub, far, posted)
    assert row["reason"] == "unknown" and len(far.acts()) == 1
    assert len(dead_of(hub, far)) == 1
    aside(hub, far, "done", row["id"])
    desk.until(posted, "done")
    wait_until(lambda: not row_of(hub, far, posted), "nothing set aside")
    wait_until(lambda: not dead_of(hub, far), "no dead letter of what a person has seen done")
    assert len(far.acts()) == 1, "it was done once"


def test_what_the_hub_has_no_more_is_released_from_its_own_copy_and_once(make_commune, tmp_path):
    hub = make_commune().start()
    far, desk = far_side(hub, tmp_path, "far"), Desk(hub)
    far.start(env=with_far())
    far.process.stop()
    posted = desk.post({"text": "unclear"})
    start_until_it_dies(far)
    far.start(env=with_far())
    [row] = wait_until(lambda: row_of(hub, far, posted), "what was set aside")
    far.process.stop()
    hub.stop()
    with database(hub.data) as store:
        assert store.execute("DELETE FROM message WHERE id = ?", (posted.id,)).rowcount == 1
    hub.start()
    far.start(env=with_far())
    aside(hub, far, "release", row["id"])
    assert far.process.wait() == 3, "it was tried again"
    assert "released from its own copy" in far.process.text() and len(far.acts()) == 2
    far.start(env=with_far())  # what the second try has done is no more known than what the first has
    far.wait_for_log("a message is set aside")
    assert len(far.acts()) == 2
    aside(hub, far, "done", row["id"])
    wait_until(lambda: not row_of(hub, far, posted), "nothing set aside")
    end(far)


class Steps:
    """The page by which the conformance suite's object (bridges/conformance/steps.h) is told to end its process at a step."""

    def __init__(self, path):
        path.write_bytes(bytes(3 * mmap.PAGESIZE))
        self.path, self.file = path, open(path, "r+b")
        self.page = mmap.mmap(self.file.fileno(), 0)

    def environment(self):
        return environment(LIENTHON_BRIDGES=str(PEERS / "bridges"), LIENTHON_STEPS=str(self.path),
                           LD_PRELOAD=str(BIN.parent / "lib/lienthon/lienthon-steps.so"),
                           ASAN_OPTIONS=environment()["ASAN_OPTIONS"] + ":verify_asan_link_order=0")

    def arm(self, group, kill_at):
        self.page[:32] = struct.pack("<?7xQQ?3xi", False, 0, kill_at, False, group)  # struct steps
        self.page[:1] = b"\1"

    def disarm(self):
        self.page[:1] = b"\0"


def settled(desk, of):
    """`done` or `unknown`, whichever the bridge says of it first."""
    while True:
        found = desk.receipt()
        if found.re == of.id and found.content()["outcome"] in ("done", "unknown"):
            return found.content()["outcome"]


def end_at_each_step(hub, far, tmp_path):
    """A message a life, in each of which the bridge is ended one step later, until it lives through all; what was said of
    each message, in the end."""
    stride = 1 if os.environ.get("LT_LONG") else 2
    desk, steps, posted, outcomes = Desk(hub), Steps(tmp_path / "steps"), [], []
    for kill_at in range(1, 1000, stride):
        far.start(env=steps.environment(), start_new_session=True)
        outcomes += [settled(desk, before) for before in posted[-1:]]
        steps.arm(far.process.pid, kill_at)
        posted.append(desk.post({"text": f"lần {kill_at}"}))
        wait_until(lambda: not far.process.is_running() or states(desk, posted[-1]).get(far.principal) == "done",
                   "its end, or the receipt")
        steps.disarm()
        if far.process.is_running():
            break
        far.process.killed = True
    assert len(posted) > 5, "it was ended at some steps"
    outcomes.append(settled(desk, posted[-1]))
    far.process.stop()
    return outcomes


def test_a_far_side_that_can_be_asked_has_each_act_once_whatever_step_the_bridge_ends_at(hub, asked, tmp_path):
    outcomes, acts = end_at_each_step(hub, asked, tmp_path), asked.acts()
    assert set(outcomes) == {"done"}
    assert len(acts) == len(outcomes) == len(set(acts)), "each was done once"


def test_a_far_side_that_cannot_be_asked_has_no_act_twice_and_what_is_not_known_is_held(hub, far, tmp_path):
    outcomes, acts = end_at_each_step(hub, far, tmp_path), far.acts()
    assert len(acts) == len(set(acts)), "none was done twice"
    assert set(outcomes) == {"done", "unknown"} and outcomes.count("done") <= len(acts) <= len(outcomes)
    assert len(aside(hub, far)) == outcomes.count("unknown")


def test_what_nobody_knows_of_is_done_again_when_a_person_says_that_it_was_not_done(hub, far):
    desk = Desk(hub)
    far.start(env=with_far())
    far.process.stop()
    posted = desk.post({"text": "unclear"})
    start_until_it_dies(far)
    far.start(env=with_far())
    desk.until(posted, "unknown")
    (far.path.parent / "acts.well").touch()
    aside(hub, far, "release", row_of(hub, far, posted)[0]["id"])
    desk.until(posted, "done")
    wait_until(lambda: not row_of(hub, far, posted), "nothing set aside")
    assert len(far.acts()) == 2


def test_a_scraper_reads_what_became_of_the_deliveries(hub, far):
    port, desk = free_port(), Desk(hub)
    far.file.write_text(far.file.read_text() + f'metrics: "127.0.0.1:{port}"\n')
    far.start(env=with_far())
    desk.until(desk.post({"text": "tốt"}), "done")
    ask = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": "application/openmetrics-text"})
    with urllib.request.urlopen(ask, timeout=10) as answer:
        families = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
    done = {sample.labels["outcome"]: sample.value for sample in families["lienthon_bridge_deliveries"].samples}
    took = {sample.name: sample.value for sample in families["lienthon_bridge_answer_seconds"].samples}
    assert took["lienthon_bridge_answer_seconds_count"] >= 1
    assert done["done"] >= 1 and families["lienthon_bridge_breaker_state"].samples[0].value == 0
