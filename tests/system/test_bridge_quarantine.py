"""What a bridge died of three times, and what nobody knows of: set aside, seen, and released by a person."""

import json
import urllib.request

import pytest
import yaml
from filedrop import Folder
from harness import BIN, PEERS, Process, environment, free_port, run, wait_until
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from test_speaker import Desk

LIMITS = {"joins": 1000}


@pytest.fixture
def far(hub, tmp_path):
    made = Folder(hub, "xa", tmp_path / "far")
    made.file.write_text(yaml.safe_dump({"bridge": "far", "identity": made.principal,
                                         "options": {"acts": str(tmp_path / "acts")}}))
    made.acts = lambda: (tmp_path / "acts").read_text().splitlines() if (tmp_path / "acts").exists() else []
    yield made
    if made.process and made.process.is_running():
        made.process.stop()
    made.file.unlink()


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
    aside(hub, far, "done", row["id"])
    desk.until(posted, "done")
    wait_until(lambda: not row_of(hub, far, posted), "nothing set aside")
    assert len(far.acts()) == 1, "it was done once"


def test_a_scraper_reads_what_became_of_the_deliveries(hub, far):
    port, desk = free_port(), Desk(hub)
    far.file.write_text(far.file.read_text() + f'metrics: "127.0.0.1:{port}"\n')
    far.start(env=with_far())
    desk.until(desk.post({"text": "tốt"}), "done")
    ask = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Accept": "application/openmetrics-text"})
    with urllib.request.urlopen(ask, timeout=10) as answer:
        families = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
    done = {sample.labels["outcome"]: sample.value for sample in families["lienthon_bridge_deliveries"].samples}
    assert done["done"] >= 1 and families["lienthon_bridge_breaker_state"].samples[0].value == 0
