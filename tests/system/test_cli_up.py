"""`lienthon up`: hub and bridges in the foreground, started again when they fall, stopped together."""

import json
import os
import re
import signal
import time

import pytest
import yaml

from harness import BIN, Commune, Process, end_all, wait_until

PID = re.compile(r"^hub \| started pid=(\d+)$", re.M)


@pytest.fixture
def up(tmp_path):
    before = len(Process.running)
    commune = Commune.init(tmp_path / "xa")
    started = []

    def start(**popen):
        process = Process([BIN / "lienthon", "up", commune.dir], tmp_path, **popen)
        process.commune = commune
        started.append(process)
        return process

    start.commune = commune
    yield start
    mine = Process.running[before:]
    end_all(mine)
    del Process.running[before:]


def hub_pids(process):
    return [int(pid) for pid in PID.findall(process.text())]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def wait_for_hub(process):
    wait_until(lambda: hub_pids(process), "the hub to be started", watch=process)
    process.commune.lienthon("grants", "--wait", "20")


def test_up_runs_the_hub_and_stops_it_within_ten_seconds(up):
    process = up()
    wait_for_hub(process)
    [pid] = hub_pids(process)
    began = time.monotonic()
    process.signal(signal.SIGINT)
    assert process.wait() == 0
    assert time.monotonic() - began < 10
    assert not is_alive(pid)
    assert "hub | stopped" in process.text()


def test_a_hub_that_was_killed_is_started_again(up):
    process = up()
    wait_for_hub(process)
    os.kill(hub_pids(process)[0], signal.SIGKILL)
    wait_until(lambda: len(hub_pids(process)) == 2, "the second start", watch=process)
    assert "was ended by signal=9; next_start_s=1" in process.text()
    process.commune.lienthon("grants", "--wait", "20")
    process.stop()


def test_the_hub_dies_with_its_keeper(up):
    process = up()
    wait_for_hub(process)
    [pid] = hub_pids(process)
    process.kill()
    wait_until(lambda: not is_alive(pid), "the hub to end")


def test_a_bridge_that_keeps_falling_is_held_back_and_the_hub_stays(up):
    (up.commune.dir / "bridges" / "hong.yaml").write_text("bridge: khong-co\nidentity: khong-co\n")
    process = up()
    wait_for_hub(process)
    wait_until(lambda: len(re.findall(r"^hong \| ended with status=", process.text(), re.M)) >= 3, "three falls",
               watch=process)
    starts = re.findall(r"next_start_s=(\d+)", process.text())
    assert starts[:3] == ["1", "2", "4"]
    assert len(hub_pids(process)) == 1
    process.stop()


@pytest.mark.slow
def test_the_brake_says_so(up):
    (up.commune.dir / "bridges" / "hong.yaml").write_text("bridge: khong-co\nidentity: khong-co\n")
    process = up()
    wait_until(lambda: "it keeps falling (falls=5), so it is held back" in process.text(), "the brake", timeout=60,
               watch=process)
    process.stop()


def test_up_outside_a_commune_is_told_what_to_do(tmp_path):
    process = Process([BIN / "lienthon", "up", tmp_path], tmp_path)
    assert process.wait() == 3
    assert "lienthon init" in process.text()
    Process.running.remove(process)
    process.forget()


def test_up_tells_the_loudspeakers_the_hours_when_commune_yaml_has_others(up):
    file = up.commune.dir / "commune.yaml"

    def write(at):
        config = yaml.safe_load(file.read_text())
        config["loudspeakers"] = {"programmes": {"sang": at}}
        beside = file.with_suffix(".new")  # as editors do
        beside.write_text(yaml.safe_dump(config, allow_unicode=True))
        beside.rename(file)

    def told():  # the newest first
        lines = up.commune.lienthon("history", "an-thanh-1/tat-ca/thong-bao", "--json").stdout.splitlines()
        bodies = [one["body"] for one in map(json.loads, lines) if one["type"] == "speaker-hours.v1"]
        return [programme["at"] for body in bodies for programme in body["areas"][0]["programmes"] if programme["name"] == "sang"]

    write("05:10")
    process = up()
    wait_for_hub(process)
    wait_until(lambda: told() == ["05:10"], "they are told at the start", watch=process)
    write("05:20")
    wait_until(lambda: told()[:1] == ["05:20"], "they are told when the file is written", watch=process)
    write("5h")
    wait_until(lambda: "'loudspeakers.programmes.sang' is '5h'" in process.text(), "what is wrong is said", watch=process)
    write("05:20")
    write("05:30")
    wait_until(lambda: told()[:1] == ["05:30"], "the last", watch=process)
    process.commune.lienthon("hours", "--if-changed")
    assert len(re.findall(r"^hours \| [0-9a-f-]{36}$", process.text(), re.M)) == 3, "what was told is not told again"
    process.signal(signal.SIGINT)
    assert process.wait() == 0
