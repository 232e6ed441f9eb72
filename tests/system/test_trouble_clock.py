"""A hub whose clock is wrong, or jumps: it says so with both times, and nothing is lost or comes twice."""

import re
import subprocess
from pathlib import Path

import pytest
from bodies import notice
from harness import BIN, DAY, HOUR, PEERS, Failed, may_publish, may_subscribe, wait_until
from talk import roster, take, texts
from test_client_lib import drive  # noqa: F401

from lienthon import Closed, Timeout, code, part, seal

TOPIC = "thu/gio/thong-bao"
MINUTE = 60_000


class Shifted:
    """A commune whose hub's clock is the system's and `shift` ms more (tests/peers/shifted_hub.c)."""

    def __init__(self, commune):
        self.commune = commune
        self.set(0)
        commune.start(PEERS / "shifted_hub")

    def set(self, shift):
        beside = self.commune.dir / "clock.new"
        beside.write_text(str(shift))
        beside.rename(self.commune.dir / "clock")
        self.shift = shift

    def jump(self, shift, client=None):
        """The hub has noticed when this returns."""
        self.set(shift)
        client = client or self.commune.office
        wait_until(lambda: abs(client.ping() - part.now_ms() - shift) < MINUTE, "the hub's clock has jumped",
                   watch=self.commune.hub)

    def restart(self, shift):
        self.commune.stop()
        self.set(shift)
        self.commune.start(PEERS / "shifted_hub")


@pytest.fixture
def shifted(make_commune):
    return Shifted(make_commune())


@pytest.fixture
def team(shifted):
    return shifted.commune.issue(publish=[may_publish("thu/#")], rights=["query"])


@pytest.fixture
def speaker(shifted):
    return shifted.commune.issue(subscribe=[may_subscribe("thu/#", "$lt/time")])


def make(person, said, **fields):
    return person.seal(part.make(person.name, TOPIC, "notice.v1", notice(said), **fields))


def test_a_clock_that_is_ahead_is_told_with_both_times(shifted, team):
    sender = team.client()
    assert sender.publish(make(team, "Trước."))[0][0] == code.DONE
    shifted.jump(10 * DAY, sender)
    assert re.search(r"clock jumped by_ms=\d+ should_be=20\S+Z says=20\S+Z", shifted.commune.hub.text())
    [(found, said)] = sender.publish(make(team, "Sau."))
    assert found == code.STALE and "too long ago to be new" in said
    assert said.startswith("created 20") and "here it is 20" in said


def test_a_clock_that_is_behind_is_told_with_both_times(shifted, team):
    shifted.jump(3 * HOUR)
    assert team.client().publish(make(team, "Trước."))[0][0] == code.DONE
    shifted.restart(0)
    assert "clock is behind says=20" in shifted.commune.hub.text()
    [(found, said)] = team.client().publish(make(team, "Sau.", created=part.now_ms() + HOUR))
    assert found == code.STALE and "check the sender's clock" in said
    assert said.startswith("created 20") and "here it is 20" in said


def test_jumps_by_hours_and_days_lose_and_repeat_nothing(shifted, team, speaker):
    commune = shifted.commune
    speaker.client().subscribe(TOPIC, durable="loa", sid="loa")
    commune.close_clients()
    sender = team.client()
    sealed = [make(team, "không hạn", flags=part.RECEIPT),
              make(team, "một giờ", expires=part.now_ms() + HOUR, flags=part.RECEIPT),
              make(team, "một tháng", expires=part.now_ms() + 25 * DAY, flags=part.RECEIPT)]
    seqs = [seq for _, seq in sender.publish(*sealed)]

    # Two days ahead what has an hour is not handed out, nor given up for lost.
    shifted.jump(2 * DAY, sender)
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid="loa")
    assert texts(take(client, 2, "loa")) == ["không hạn", "một tháng"]
    sender.ping()  # on the connection of before: heartbeats know no wall clock
    shifted.jump(0, sender)
    assert texts([client.next("loa")]) == ["một giờ"]

    # Beyond the end of every grant here: cut off, and as before when it was a mistake.
    shifted.set(60 * DAY)
    with pytest.raises((Closed, Timeout)):
        while True:
            client.ping(timeout=5)
    shifted.set(0)
    assert sender_of(team).publish(*sealed) == [(code.DONE_BEFORE, seq) for seq in seqs]
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid="loa")
    got = take(client, 3, "loa")
    assert sorted(texts(got)) == sorted(["không hạn", "một giờ", "một tháng"]), "they were not acknowledged"
    client.ack(*got)
    sender = team.client()
    for raw in sealed:
        wait_until(lambda: set(roster(sender, seal.decode(raw).part).values()) == {"done"}, "acknowledged",
                   watch=commune.hub)
    # The other way, over a restart too: the same bytes are known, new ones take their turn.
    shifted.restart(5 * HOUR)
    assert sender_of(team).publish(*sealed) == [(code.DONE_BEFORE, seq) for seq in seqs]
    shifted.restart(0)
    assert sender_of(team).publish(*sealed) == [(code.DONE_BEFORE, seq) for seq in seqs]
    client = speaker.client()
    assert client.subscribe(TOPIC, durable="loa", sid="loa") == 0
    [(_, seq)] = sender_of(team).publish(make(team, "sau cùng"))
    assert seq > max(seqs) and texts([client.next("loa")]) == ["sau cùng"]


def sender_of(person):
    """A client, as soon as the hub lets it in again."""
    found = []

    def let_in():
        try:
            found.append(person.commune.client(person.identity, timeout=2))
        except Failed:
            return False
        return True

    wait_until(let_in, "it is let in again", watch=person.commune.hub)
    return found[0]


def test_what_is_deferred_is_never_early_and_comes_once(shifted, team, speaker):
    speaker.client().subscribe(TOPIC, durable="loa", sid="loa")
    shifted.commune.close_clients()
    sender = team.client()
    sender.publish(make(team, "hai giờ nữa", deliver_at=part.now_ms() + 2 * HOUR))
    shifted.jump(3 * HOUR, sender)  # it is due, nobody is there
    shifted.jump(0, sender)
    client = speaker.client()
    assert client.subscribe(TOPIC, durable="loa", sid="loa") == 1
    sender.publish(make(team, "ngay"))
    got = client.next("loa")
    assert texts([got]) == ["ngay"]
    client.ack(got)
    shifted.jump(3 * HOUR, sender)
    got = client.next("loa")
    assert texts([got]) == ["hai giờ nữa"]
    client.ack(got)
    shifted.jump(0, sender)
    sender.publish(make(team, "cuối"))
    assert texts([client.next("loa")]) == ["cuối"]


def test_a_clock_far_ahead_sweeps_nothing(make_commune):
    shifted = Shifted(make_commune(keep={"notice.v1": "1h"}))
    commune = shifted.commune
    office = commune.office
    made = office.say("an-thanh-1/an-thuong/thong-bao", "notice.v1", notice("Giữ lại."))
    shifted.restart(40 * DAY)
    office = commune.office
    began = office.ping()
    wait_until(lambda: office.ping() > began + 2500, "it has swept at its start", watch=commune.hub)
    shifted.restart(0)
    assert commune.office.query("status", id=made.id)["id"] == made.id


def test_the_hour_is_told_at_once_when_it_has_changed(shifted, speaker):
    client = speaker.client()
    client.subscribe("$lt/time", sid="gio")
    told = []

    def until(low, high):
        while True:
            told.append(client.next("gio").part.created)
            if low <= told[-1] - part.now_ms() <= high:
                return

    shifted.set(2 * HOUR)
    until(HOUR, 3 * HOUR)
    shifted.set(0)
    until(-MINUTE, MINUTE)
    # Retained is the highest, as receivers hold it.
    fresh = speaker.client()
    fresh.subscribe("$lt/time", sid="gio", from_="retained")
    assert fresh.next("gio").part.created == max(told)


# The clients' clocks


def faketime():
    """What makes a program's wall clock a test's; None: it is not installed."""
    found = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    asan = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    sanitized = b"__asan_init" in (BIN / "lienthon-client-driver").read_bytes()
    return found and (f"{asan} {found}" if sanitized else str(found))


@pytest.mark.slow
def test_a_clients_clock_that_jumps_costs_nothing_of_its_outbox(commune, drive, tmp_path):  # noqa: F811
    preload, shift = faketime(), tmp_path / "shift"
    if not preload:
        pytest.skip("faketime is not installed")
    shift.write_text("+0")
    person = commune.issue(publish=[may_publish("thu/#")])
    fake = {"LD_PRELOAD": preload, "FAKETIME_TIMESTAMP_FILE": str(shift), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    driver = drive(commune, person, **fake)
    driver.expect("up")
    commune.stop()
    waiting = [driver.publish(TOPIC, f"Tin {n}.")[0] for n in range(3)]
    shift.write_text("+9d")
    assert driver.find("stale", timeout=14) is None, "it was given up by a clock that had just jumped"
    shift.write_text("+0")
    commune.start()
    for token in waiting:
        assert driver.expect("published", token=token).code == code.DONE
    driver.quit()
    shift.write_text("+9d")
    driver = drive(commune, person, **fake)
    told = driver.expect("clock")
    assert re.search(r"the clock here says 20\S+Z, the hub's 20\S+Z", told.text), told.text
    driver.kill()
