"""The loudspeaker bridge against a real hub: what is heard, in which order, and what its receipts say."""

import itertools
import json
import os
import re
import select
import signal
import time

import pytest
import yaml
from bodies import alert, notice
from damage import LYING_HUB, change_message, database, flip_a_bit
from harness import BIN, DEADLINE, HOUR, Failed, Process, environment, may_publish, may_subscribe, run, vietnamese, wait_until
from loa import Heard, Speaker

from lienthon import part

TEXT = "Mời bà con ấp An Thường họp lúc 19 giờ tại nhà văn hóa."
SHORT = "Mời họp."
LONG = " ".join([TEXT] * 8)
LIMITS = {"joins": 1000}  # each test enrols a loudspeaker of its own
_numbers = itertools.count(1)


class Desk:
    """Someone who may post in the commune, with the receipts that come back."""

    def __init__(self, hub, **grant):
        grant.setdefault("publish", [may_publish("an-thanh-1/#")])
        self.person = hub.issue(subscribe=[may_subscribe("an-thanh-1/#")], rights=["query"], **grant)
        self.connect()

    def connect(self):
        self.client = self.person.client()
        self.client.subscribe("$lt/receipts/" + self.person.name.replace(".", "/"), sid="receipts")

    def post(self, body=None, topic="an-thanh-1/an-thuong/thong-bao", type="notice.v1", **fields):
        fields.setdefault("flags", 2)
        if fields.get("priority") == 3:
            fields.setdefault("expires", part.now_ms() + HOUR)
        if isinstance(body, str):
            body = {"text": body, "speech": {"chime": False}}
        return self.client.say(topic, type, notice(TEXT) if body is None else body, **fields)

    def receipt(self, timeout=30):
        delivery = self.client.next(sid="receipts", timeout=timeout)
        self.client.ack(delivery)
        return delivery.part

    def until(self, of, outcome):
        """The receipt of that message with that outcome; which ones came before it, as (id, outcome)."""
        before = []
        while True:
            found = self.receipt()
            content = found.content()
            if found.re == of.id and content["outcome"] == outcome:
                return found, content, before
            before.append((found.re, content["outcome"]))


@pytest.fixture
def desk(hub):
    return Desk(hub)


@pytest.fixture
def speaker(hub):
    """Makes loudspeakers of the test's own, and ends them with it."""
    made = []

    def make(start=True, **options):
        made.append(Speaker(hub, f"loa.an-thuong.{next(_numbers):02}", **options))
        return made[-1].start() if start else made[-1]

    yield make
    for one in made:
        if one.process and one.process.is_running():
            one.stop()
        one.file.unlink()


def states(desk, of):
    found = desk.client.query("status", id=of.id)
    return {row["principal"]: row["state"] for row in found["roster"]}


def test_a_notice_becomes_speech_and_two_sealed_receipts(hub, desk, speaker):
    loa = speaker()
    posted = desk.post(notice(TEXT, channels=["loa"]))
    received = desk.receipt()
    assert (received.sender, received.re, received.content()["outcome"]) == (loa.name, posted.id, "received")
    done, content, _ = desk.until(posted, "done")
    assert content["target"] == loa.name and content["detail"].startswith("đã phát ")
    heard = Heard(loa.sound_of(posted.id))
    assert 5 < heard.seconds < 14
    assert heard.has_speech(begin=3.2), "speech behind the chime"
    wait_until(lambda: states(desk, posted)[loa.name] == "done", "an acknowledgement")


def test_the_office_sees_in_status_who_played_it_and_when(make_commune):
    hub = make_commune().start()
    loa = Speaker(hub, "loa.an-thuong.01").start()
    posted = hub.lienthon("notice", TEXT, "--to", "an-thuong", "--via", "loa", "--json")
    id = json.loads(posted.stdout)["id"]
    shown = hub.lienthon("status", id, "--watch", env=vietnamese()).stdout
    line = [line for line in shown.splitlines() if line.startswith(loa.name) and "đã phát" in line]
    assert line, shown
    [row] = [row for row in json.loads(hub.lienthon("status", id, "--json").stdout)["roster"]
             if row["principal"] == loa.name]
    assert (row["outcome"], row["seal"]) == ("done", "holds")
    loa.stop()


def test_a_sound_takes_as_long_as_a_card_would_take(desk, speaker):
    loa = speaker(speed=100)
    posted = desk.post(SHORT)
    desk.until(posted, "received")
    begun = time.monotonic()
    desk.until(posted, "done")
    took = time.monotonic() - begun
    assert took > Heard(loa.sound_of(posted.id)).seconds - 0.2


def test_the_more_urgent_is_next_and_then_who_came_first(desk, speaker):
    speaker(speed=100)
    first = desk.post(TEXT)
    desk.until(first, "received")
    later, urgent, last = desk.post(SHORT), desk.post(SHORT, priority=2), desk.post(SHORT)
    order = []
    while len(order) < 4:
        found = desk.receipt()
        if found.content()["outcome"] == "done":
            order.append(found.re)
    assert order == [first.id, urgent.id, later.id, last.id]


def test_life_and_property_interrupts_and_the_other_goes_on_behind_it(desk, speaker):
    loa = speaker(speed=200)
    routine = desk.post(LONG, priority=1)
    wait_until(lambda: loa.is_playing(routine.id), "it plays", watch=loa.process)
    flash = desk.post(SHORT, priority=3)
    _, _, before = desk.until(flash, "done")
    assert (routine.id, "done") not in before
    _, content, _ = desk.until(routine, "done")
    assert "bị ngắt 1 lần" in content["detail"]
    assert loa.sounds() == sorted([loa.sound_of(flash.id), loa.sound_of(routine.id)])
    parts = sum(Heard(path).seconds for path in loa.cuts_of(routine.id) + [loa.sound_of(routine.id)])
    assert parts > 8 * 2.5, "it was said whole"


def wait_for_words(loa):
    wait_until(lambda: [path for path in loa.folder.glob("*.part") if path.stat().st_size > 44_100], "words are heard", watch=loa.process)


def test_a_cancelled_notice_falls_silent_at_once(desk, speaker):
    loa = speaker(speed=100)
    playing = desk.post(LONG)
    waiting = desk.post(LONG)
    after = desk.post(SHORT)
    wait_for_words(loa)
    for cancelled, why in (waiting, "cancelled"), (playing, r"đã đọc \d,\d giây rồi thôi, vì tin đã bị hủy"):
        desk.post({}, relation=3, re=cancelled.id)
        _, content, _ = desk.until(cancelled, "skipped")
        assert re.fullmatch(why, content["detail"])
    desk.until(after, "done")
    assert loa.sounds() == [loa.sound_of(after.id)]
    assert not list(loa.folder.glob("*.part"))


def test_a_replaced_notice_gives_way_to_the_new_one(desk, speaker):
    loa = speaker(speed=100)
    old = desk.post(LONG)
    wait_for_words(loa)
    new = desk.post(SHORT, relation=2, re=old.id)
    _, content, _ = desk.until(old, "skipped")
    assert re.fullmatch(r"đã đọc \d,\d giây rồi thôi, vì tin đã được thay thế", content["detail"])
    desk.until(new, "done")
    assert loa.sounds() == [loa.sound_of(new.id)]


@pytest.mark.parametrize("body, why", [
    (notice(TEXT, hamlets=["an-lac", "an-hoa"]), "hamlets"), (notice(TEXT, channels=["zalo", "screen"]), "channels"),
])
def test_what_is_for_others_is_left_to_them(desk, speaker, body, why):
    loa = speaker()
    posted = desk.post(body, topic="an-thanh-1/tat-ca/thong-bao")
    _, content, before = desk.until(posted, "skipped")
    assert (content["detail"], before) == ("not-for-us", [])
    wait_until(lambda: states(desk, posted)[loa.name] == "done", "an acknowledgement")
    assert loa.sounds() == []


def test_a_notice_for_several_hamlets_is_heard_in_each(desk, speaker):
    speaker()
    desk.until(desk.post(notice(SHORT, hamlets=["an-lac", "an-thuong"]), topic="an-thanh-1/tat-ca/thong-bao"), "done")


def test_a_dry_run_says_how_it_would_be_heard(hub):
    loa = Speaker(hub, "loa.an-thuong.01", volume=80)
    message = hub.dir / "thu.json"
    message.write_text(json.dumps({"type": "notice.v1", "topic": "an-thanh-1/an-thuong/thong-bao",
                                   "body": {"text": "Họp.", "speech": {"volume": 50, "repeat": 2}}}))
    said = run(BIN / "lienthon-bridge", loa.name, "-C", hub.dir, "--dry-run", "--message", message).stdout
    assert "thong-bao, target loa.an-thuong.01" in said
    assert "to file, at once, 2 times, volume 40 percent, after a chime:\n    Họp." in said


def test_a_drill_takes_the_real_path_and_is_not_heard(desk, speaker):
    loa = speaker()
    posted = desk.post(flags=2 | 4, priority=3)
    found, content, _ = desk.until(posted, "skipped")
    assert content["detail"] == "drill" and found.flags == 4
    desk.until(desk.post(SHORT), "done")
    assert len(loa.sounds()) == 1


def test_a_real_alert_is_heard_and_an_exercise_is_not(desk, speaker):
    loa = speaker()
    fields = {"type": "alert.v1", "topic": "an-thanh-1/an-thuong/canh-bao", "priority": 2,
              "expires": part.now_ms() + HOUR}
    exercise = desk.post(alert(status="Exercise"), **fields)
    _, content, _ = desk.until(exercise, "skipped")
    assert "không phải cảnh báo thật" in content["detail"]
    desk.until(desk.post(alert(instruction="Đưa trẻ em lên nơi cao."), **fields), "done")
    assert len(loa.sounds()) == 1


def test_nobody_gets_a_receipt_who_did_not_ask_for_one(desk, speaker):
    loa = speaker()
    quiet = desk.post(SHORT, flags=0)
    asked = desk.post(SHORT)
    _, _, before = desk.until(asked, "done")
    assert {of for of, _ in before} == {asked.id}
    assert loa.sound_of(quiet.id)


def test_two_hands_are_waited_for(hub, speaker):
    may = [may_publish("an-thanh-1/an-thuong/thong-bao", hands=2)]
    one, other = Desk(hub, publish=may), Desk(hub, publish=may)
    loa = speaker()
    posted = one.post(SHORT)
    probe = Desk(hub)
    probe.until(probe.post(SHORT), "done")
    assert loa.sound_of(posted.id) is None, "one hand is not enough"
    other.post({"from": posted.sender, "id": posted.id, "type": posted.type}, type="approval.v1", relation=1, re=posted.id,
               flags=0)
    one.until(posted, "done")
    assert loa.sound_of(posted.id)


def test_killed_in_the_middle_it_says_it_again_and_tells_so(desk, speaker):
    loa = speaker(speed=100)
    before, cut = desk.post(SHORT), desk.post(LONG)
    desk.until(before, "done")
    wait_until(lambda: loa.is_playing(cut.id), "it plays", watch=loa.process)
    loa.process.kill()
    loa.configure(speed=1000)
    loa.start()
    _, content, _ = desk.until(cut, "done")
    assert "làm lại từ đầu" in content["detail"]
    desk.until(desk.post(SHORT), "done")
    assert len(list(loa.folder.glob(f"*{before.id.hex()[20:]}.wav"))) == 1, "what was played is not played again"
    assert not list(loa.folder.glob("*.part"))


def test_what_came_while_it_was_off_is_said_when_it_is_back(desk, speaker):
    loa = speaker()
    loa.stop()
    missed = [desk.post(SHORT, priority=0), desk.post(SHORT, priority=2)]
    late = desk.post({"text": SHORT, "late": "drop"}, created=part.now_ms() - 30 * 60_000)
    loa.start()
    said = {}
    while len(said) < 3:
        found = desk.receipt()
        if found.content()["outcome"] != "received":
            said[found.re] = found.content()
    assert [said[one.id]["outcome"] for one in missed] == ["done", "done"]
    assert said[late.id]["outcome"] == "skipped" and "đến muộn" in said[late.id]["detail"]


def test_it_outlives_a_hub_that_is_killed(hub, desk, speaker):
    loa = speaker(speed=100)
    playing, waiting = desk.post(TEXT), desk.post(SHORT)
    wait_until(lambda: loa.is_playing(playing.id), "it plays", watch=loa.process)
    hub.kill()
    loa.wait_for_sound(playing.id)
    hub.start()
    desk.client = desk.person.client()
    desk.client.subscribe("$lt/receipts/" + desk.person.name.replace(".", "/"), sid="receipts", from_="all")
    finished = {(found.re, found.content()["outcome"]) for found in (desk.receipt() for _ in range(4))}
    assert {(playing.id, "done"), (waiting.id, "done")} <= finished
    assert len(loa.sounds()) == 2, "nothing is said twice"


def test_it_stops_within_five_seconds_and_says_that_it_stopped(hub, desk, speaker):
    loa = speaker(speed=100)
    playing = desk.post(LONG)
    wait_until(lambda: loa.is_playing(playing.id), "it plays", watch=loa.process)
    begun = time.monotonic()
    loa.process.signal(signal.SIGTERM)
    assert loa.process.wait() == 0
    assert time.monotonic() - begun < 5
    office = hub.office
    name = loa.name.replace(".", "/")

    def last(topic):
        from lienthon import seal
        found = office.query("last", pattern=topic)
        return seal.decode(found[0]).part.content()["state"] if found else None

    wait_until(lambda: last(f"an-thanh-1/suc-khoe/{name}") == "stopped", "health says stopped")
    assert last(f"an-thanh-1/an-thuong/loa/{loa.name[-2:]}") == "stopped"


def test_its_state_and_health_are_there_for_all_who_may_know(hub, desk, speaker):
    from lienthon import seal

    loa = speaker(speed=100)
    playing = desk.post(TEXT)

    def last(topic):
        found = hub.office.query("last", pattern=topic)
        return seal.decode(found[0]).part.content() if found else {}

    topic = f"an-thanh-1/an-thuong/loa/{loa.name[-2:]}"
    said = wait_until(lambda: (value := last(topic)).get("state") == "speaking" and value, "it says that it speaks")
    assert said["playing"] == {"from": desk.person.name, "id": playing.id}
    desk.until(playing, "done")
    said = wait_until(lambda: (value := last(topic)).get("state") == "idle" and value, "it says that it is idle")
    assert said["last"]["id"] == playing.id and said["last"]["outcome"] == "done"
    health = last("an-thanh-1/suc-khoe/" + loa.name.replace(".", "/"))
    assert health["state"] == "well" and health["well"]["what"]


def test_each_target_has_its_own_subscription_and_receipts(desk, speaker):
    loa = speaker(start=False, settings={"targets": {
        "san-dinh": "an-thanh-1/an-thuong/thong-bao",
        "cho": "an-thanh-1/an-thuong/thong-bao, an-thanh-1/tat-ca/thong-bao"}})
    loa.start()
    wait_until(lambda: loa.process.text().count("subscribed target=") == 2, "both subscriptions", watch=loa.process)
    both = desk.post(SHORT)
    found = [desk.until(both, "done")[1]["target"] for _ in range(2)]
    assert sorted(found) == ["cho", "san-dinh"]
    one = desk.post(SHORT, topic="an-thanh-1/tat-ca/thong-bao")
    assert desk.until(one, "done")[1]["target"] == "cho"
    rows = [row["durable"] for row in desk.client.query("status", id=both.id)["roster"] if row["principal"] == loa.name]
    assert sorted(rows) == ["cho", "san-dinh"]


def synthesis(tmp_path, script, name="say"):
    path = tmp_path / name
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return [str(path)]


def failing_espeak(tmp_path, fails):
    """An espeak-ng of the test's own before the real one; what `fails` says of its n-th run. The first is the look at the start."""
    program = synthesis(tmp_path, f'echo x >> {tmp_path}/runs\nn=$(wc -l < {tmp_path}/runs)\nif {fails}; then exit 7; fi\n'
                                  'exec /usr/bin/espeak-ng "$@"\n', name="espeak-ng")
    return environment(PATH=os.path.dirname(program[0]) + ":" + os.environ["PATH"])


def test_what_fails_is_tried_again(desk, speaker, tmp_path):
    loa = speaker(start=False).start(env=failing_espeak(tmp_path, '[ "$n" = 2 ]'))
    posted = desk.post(SHORT)
    desk.until(posted, "done")
    assert "comes again" in loa.process.text()


def test_what_fails_too_often_is_given_up_and_reported(desk, speaker, tmp_path):
    loa = speaker(start=False, settings={"attempts": 2}).start(env=failing_espeak(tmp_path, '[ "$n" -gt 1 ]'))
    posted = desk.post(SHORT)
    _, content, _ = desk.until(posted, "failed")
    assert "status 7" in content["detail"]
    wait_until(lambda: states(desk, posted)[loa.name] == "gave-up", "a dead letter")


def test_a_command_that_fails_gives_way_to_espeak_and_the_receipt_says_so(desk, speaker, tmp_path):
    command = synthesis(tmp_path, f'echo x >> {tmp_path}/runs\n[ "$(wc -l < {tmp_path}/runs)" = 1 ] || exit 7\n'
                                  "exec espeak-ng -v vi --stdin --stdout\n")
    loa = speaker(command=command)
    posted = desk.post(SHORT + " " + SHORT)
    _, content, _ = desk.until(posted, "done")
    assert "espeak-ng" in content["detail"] and "status 7" in content["detail"]
    assert Heard(loa.sound_of(posted.id)).has_speech()
    _, content, _ = desk.until(desk.post(SHORT), "done")
    assert "espeak-ng" not in content["detail"], "it rests, and is not tried for each announcement"
    assert len((tmp_path / "runs").read_text().splitlines()) == 2


def test_an_alarm_does_not_wait_for_a_command_that_hangs(desk, speaker, tmp_path):
    command = synthesis(tmp_path, f'echo x >> {tmp_path}/runs\n[ "$(wc -l < {tmp_path}/runs)" = 1 ] || exec sleep 600\n'
                                  "exec espeak-ng -v vi --stdin --stdout\n")
    loa = speaker(command=command, timeout="10m")
    _, content, _ = desk.until(desk.post({"text": SHORT}, priority=3), "done")
    assert "espeak-ng" in content["detail"] and "5000 ms" in content["detail"]
    assert len(loa.sounds()) == 1


def test_a_synthesis_command_does_not_outlive_a_bridge_that_is_killed(desk, speaker, tmp_path):
    command = synthesis(tmp_path, f'echo x >> {tmp_path}/runs\nif [ "$(wc -l < {tmp_path}/runs)" -gt 1 ]; then\n'
                                  f'echo $$ > {tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 600\nfi\n'
                                  "exec espeak-ng -v vi --stdin --stdout\n")
    loa = speaker(command=command, timeout="10m")
    desk.post(SHORT)
    pid = int(wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "the command", watch=loa.process))
    child = os.pidfd_open(pid)
    try:
        assert not select.select([child], [], [], 0)[0], "it works as long as its bridge does"
        loa.process.kill()
        if not select.select([child], [], [], DEADLINE)[0]:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError("the command works on for a bridge that is dead")
    finally:
        os.close(child)


def test_a_command_that_never_spoke_is_told_at_the_start(desk, speaker, tmp_path):
    loa = speaker(command=synthesis(tmp_path, "exit 9\n"))
    assert "status 9" in loa.process.text()
    _, content, _ = desk.until(desk.post(SHORT), "done")
    assert "espeak-ng" in content["detail"]


def test_a_schedule_is_kept_by_the_speaker_and_each_time_reported(desk, speaker):
    loa = speaker()
    due = part.now_ms() + 3000
    posted = desk.post(notice(SHORT, schedule={"at": due}))
    _, content, _ = desk.until(posted, "received")
    assert content["detail"].startswith("chờ đến ")
    assert loa.sounds() == []
    _, content, _ = desk.until(posted, "done")
    assert content["at"] >= due and "đã phát" in content["detail"]
    assert len(loa.sounds()) == 1


def test_one_bit_changed_by_a_lying_hub_is_refused_by_the_receiver(make_commune):
    hub = make_commune().start()
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    loa.stop()
    posted = desk.post(SHORT)
    hub.stop()
    flip_a_bit(hub.data, SHORT.encode(), lying=True)
    hub.start(LYING_HUB)
    loa.start()
    loa.wait_for_log("is not what it says and is refused")
    desk = Desk(hub)
    desk.until(desk.post(SHORT + " Lần hai."), "done")
    assert loa.sound_of(posted.id) is None
    health = health_with(desk, "refused")  # what works after it does not hide it
    assert health["state"] == "ill" and "is not what it says" in health["ill"]["what"]
    loa.stop()


def health_with(desk, reading):
    """The first in which this reading is 1."""
    desk.client.subscribe("an-thanh-1/suc-khoe/#", sid="health", from_="retained")
    while True:
        health = desk.client.next(sid="health").part.content()
        if {row["name"]: row["value"] for row in health.get("readings", [])}.get(reading) == 1:
            return health


def test_an_alarm_that_a_lying_hub_says_again_is_not_heard_again_and_told(make_commune):
    hub = make_commune().start()
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    alarm = desk.post(SHORT, priority=2)
    desk.until(alarm, "done")
    loa.stop()
    desk.post(SHORT + " Tin khác.")
    hub.stop()
    with database(hub.data) as store:
        [(sealed,)] = store.execute("SELECT sealed FROM message WHERE id = ?", (alarm.id,))
    change_message(hub.data, "Tin khác.".encode(), lambda _: sealed, lying=True)
    hub.start(LYING_HUB)
    loa.start()
    loa.wait_for_log("a message that was done came again, it is not done again")
    desk = Desk(hub)
    desk.until(desk.post(SHORT + " Lần hai."), "done")
    assert len(loa.sounds()) == 2, "the alarm, and what was said after it"
    health_with(desk, "done-before")
    loa.stop()


# What a wrong configuration is told


def bridge(hub, name, *args, **options):
    return run(BIN / "lienthon-bridge", name, "-C", hub.dir, *args, **options)


@pytest.mark.parametrize("line, where, what", [
    ("  volum: 3", "yaml:5:3:", "volume"), ("  volume: loud", "yaml:5:11:", "volume"),
    ("  output: icecast:/a.mp3", "yaml:5:3: options.output:", "the option icecast is missing"),
    ("  output: rtp:239.255.10.1:5004\n  rtp-urgent: 239.255.10.1:5004", "yaml:6:3: options.rtp-urgent:", "leave it out"),
    ("  muted-topic: a/b", "yaml:5:3: options.muted-topic:", "`mqtt` is missing"),
    ("  muted-topic: a/b\n  mqtt: 127.0.0.1:1883\n  mqtt-ca: /khong/co.pem", "yaml:7:3: options.mqtt-ca:", "/khong/co.pem cannot be read"),
    ("  volume: 300", "yaml:5:11:", "100"), ("  output: radio", "yaml:5:11:", "auto, both, card, file"),
    ("  output: card flie:x", "yaml:5:11:", "did you mean 'file'?"),
    ("  rate: 130", "yaml:5:3:", "rate"), ("  voice: vi-vn-x-souht", "yaml:5:10:", "did you mean 'vi-vn-x-south'?"),
])
def test_a_mistake_in_the_file_is_told_with_its_place(hub, speaker, line, where, what):
    loa = speaker(start=False)
    loa.file.write_text(f"bridge: speaker\nidentity: {loa.name}\noptions:\n  rate: 140\n{line}\n")
    found = bridge(hub, loa.name, "--check", status=1)
    assert where in found.stderr and what in found.stderr, found.stderr


def test_a_right_file_is_told_so_and_nothing_is_connected(hub, speaker):
    loa = speaker(start=False)
    assert f"identity={loa.name}" in bridge(hub, loa.name, "--check").stdout


@pytest.mark.parametrize("text, what", [
    ("bridge: speeker\n", "filedrop, http, speaker"), ("identity: x\n", "bridge"), ("bridge: speaker\nidentity: nobody\n", "nobody"),
    ("- a\n", "1:1"), ("bridge: ../../etc/passwd\n", "there is no bridge"),
])
def test_other_mistakes_are_told_in_a_sentence(hub, text, what):
    path = hub.dir / "bridges" / "sai.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    try:
        found = bridge(hub, "sai", status=1)
        assert what in found.stderr, found.stderr
    finally:
        path.unlink()


def test_an_instance_that_is_not_there_is_told_which_are(hub, speaker):
    loa = speaker(start=False)
    found = bridge(hub, "loa.an-thuong.99", status=1)
    assert loa.name in found.stderr


def test_a_voice_that_is_not_there_ends_it_with_a_sentence(hub, speaker):
    loa = speaker(start=False, voice="xyzzy")
    assert "'options.voice' is 'xyzzy'; allowed: vi (north)" in bridge(hub, loa.name, status=1).stderr
    loa = speaker(start=False)
    assert "cannot run espeak-ng" in bridge(hub, loa.name, status=1, env=environment(PATH="/khong-co")).stderr


def test_a_card_that_is_not_there_ends_it_with_a_sentence(hub, speaker):
    loa = speaker(start=False, output="card", card="khong-co")
    assert "cannot open the sound card 'khong-co'" in bridge(hub, loa.name, status=1).stderr


def test_without_a_card_files_are_written_and_it_says_so(hub, speaker, desk):
    if os.path.exists("/dev/snd/controlC0"):
        pytest.skip("this machine has a sound card")
    loa = speaker(output="auto")
    assert "WAV files are written instead" in loa.process.text()
    assert loa.wait_for_sound(desk.post(SHORT).id)


def test_the_sample_is_a_file_that_is_right(hub, speaker):
    loa = speaker(start=False)
    loa.file.write_text(run(BIN / "lienthon-bridge", "--sample", "speaker").stdout)
    assert yaml.safe_load(loa.file.read_text())["options"]["volume"] == 100
    bridge(hub, loa.name, "--check")


def test_the_bridges_that_are_installed_are_listed():
    listed = run(BIN / "lienthon-bridge", "--list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["feed", "filedrop", "http", "speaker"]
    assert "Messages as files in a folder" in listed[1] and "Says notices and alerts aloud" in listed[3]


def test_two_of_one_instance_do_not_speak_at_once(hub, speaker):
    loa = speaker()
    second = Process([BIN / "lienthon-bridge", loa.name, "-C", hub.dir], hub.dir)
    assert second.wait() == 1
    assert "another" in second.text() or "in use" in second.text(), second.text()
