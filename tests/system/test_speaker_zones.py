"""One loudspeaker with several zones: each says what is for its hamlet, together with the others, and tells for itself."""

import itertools
import json
import re
import statistics
import time

import pytest
from harness import BIN, run, wait_until
from loa import RATE, Heard, Speaker, uuid
from test_speaker import SHORT, bridge, desk  # noqa: F401
from test_speaker_programme import tell_hours

from lienthon import part

ZONES = [f"{hamlet}.{number}" for hamlet in ("an-thuong", "an-lac", "an-hoa") for number in (1, 2)]
LAC = ["an-lac.1", "an-lac.2"]
ALL = "an-thanh-1/tat-ca/thong-bao"
LONG = " ".join(["Sáng mai ấp tiêm phòng cho trẻ em.", "Bà con nhớ mang theo giấy khai sinh.", "Đường đang sửa, xin đi lối chợ."] * 3)
SPEAKS = "echo x >> {log}; exec espeak-ng -b 1 -v vi --stdin --stdout"
_numbers = itertools.count(1)


def targets(zones=ZONES):
    return {zone: ", ".join(f"an-thanh-1/{ap}/{what}" for ap in (zone.split(".")[0], "tat-ca") for what in ("thong-bao", "canh-bao"))
            for zone in zones}


class Station(Speaker):
    def __init__(self, hub, zones=ZONES, outputs=None, **options):
        self.zones = zones
        options.setdefault("zones", outputs or {zone: "file" for zone in zones})
        super().__init__(hub, f"loa.tram-{next(_numbers)}", role="speaker-station", settings={"targets": targets(zones)}, **options)

    def start(self):
        super().start()
        wait_until(lambda: self.process.text().count("subscribed target=") >= len(self.zones), "every zone's subscription", watch=self.process)
        return self

    def sound_in(self, zone, id):
        found = list((self.folder / zone).glob(f"*{uuid(id)}.wav"))
        assert len(found) < 2, found
        return found[0] if found else None

    def played_of(self, id):
        return {line["zone"]: line for line in self.played() if line["id"] == uuid(id)}

    def plays_everywhere(self, id):
        return all(list((self.folder / zone).glob(f"*{uuid(id)}.wav.part")) for zone in self.zones)


@pytest.fixture
def station(hub):
    made = []

    def make(**options):
        made.append(Station(hub, **options))
        return made[-1].start()

    yield make
    for one in made:
        if one.process and one.process.is_running():
            one.stop()
        one.file.unlink()


def ends(desk, posted, outcome="done", zones=ZONES):  # noqa: F811
    """What each zone says at the end: target → detail."""
    found = {}
    while set(found) != set(zones):
        part = desk.receipt()
        content = part.content()
        if part.re == posted.id and content["outcome"] == outcome:
            found[content["target"]] = content.get("detail", "")
        else:
            assert part.re != posted.id or content["outcome"] in ("received", outcome), content
    return found


@pytest.mark.parametrize("chime", [True, False])
def test_a_notice_is_heard_in_every_zone_at_once_and_made_once(hub, desk, station, tmp_path, chime):  # noqa: F811
    log = tmp_path / "sentences"
    loa = station(speed=100, command=["sh", "-c", SPEAKS.format(log=log)])
    tried = len(log.read_text().split())
    spreads = []
    for number in ("một",) if chime else ("một", "hai", "ba"):
        posted = desk.post({"text": f"Tin {number}. Mời họp.", "speech": {"chime": chime}}, topic=ALL)
        assert set(ends(desk, posted)) == set(ZONES)
        played = loa.played_of(posted.id)
        assert set(played) == set(ZONES) and {line["how"] for line in played.values()} == {"whole"}
        begun = [line["begun"] for line in played.values()]
        spreads.append(max(begun) - min(begun))
        sounds = [Heard(loa.sound_in(zone, posted.id)) for zone in ZONES]
        assert {bytes(sound.samples) for sound in sounds} == {bytes(sounds[0].samples)}, "the same is heard everywhere"
        assert sounds[0].has_speech(1.2 if chime else 0.0)
    assert statistics.median(spreads) < 100, spreads
    assert len(log.read_text().split()) - tried <= 6, "two sentences a notice, the second of which is the same"


def test_what_is_for_one_hamlet_is_heard_there_alone(hub, desk, station):  # noqa: F811
    loa = station()
    theirs = desk.post(SHORT, topic="an-thanh-1/an-lac/thong-bao")
    assert set(ends(desk, theirs, zones=LAC)) == set(LAC)
    narrowed = desk.post({"text": SHORT, "hamlets": ["an-lac"]}, topic=ALL)
    skipped = {}
    while len(skipped) < len(ZONES):
        found = desk.receipt()
        if found.re == narrowed.id and found.content()["outcome"] in ("done", "skipped"):
            skipped[found.content()["target"]] = found.content()["outcome"]
    assert skipped == {zone: "done" if zone in LAC else "skipped" for zone in ZONES}
    assert set(loa.played_of(theirs.id)) == set(loa.played_of(narrowed.id)) == set(LAC)


def test_an_alarm_interrupts_every_zone_and_each_goes_on(hub, desk, station):  # noqa: F811
    loa = station(speed=200)
    routine = desk.post(LONG, topic=ALL)
    theirs = desk.post("Riêng ấp An Lạc.", topic="an-thanh-1/an-lac/thong-bao")
    wait_until(lambda: loa.plays_everywhere(routine.id), "it is read everywhere", watch=loa.process)
    flash = desk.post({"text": SHORT, "speech": {"chime": False}}, topic=ALL, priority=3)
    assert set(ends(desk, flash)) == set(ZONES)
    wait_until(lambda: all(loa.sound_in(zone, routine.id) for zone in ZONES), "the rest of it", watch=loa.process)
    wait_until(lambda: set(loa.played_of(theirs.id)) == set(LAC), "what is for one hamlet, in both its zones", watch=loa.process)
    for zone in ZONES:
        lines = [line for line in loa.played() if line["zone"] == zone]
        assert [line["how"] for line in lines[:3]] == ["interrupted", "whole", "whole"], lines
        assert [line["id"] for line in lines[:3]] == [uuid(routine.id), uuid(flash.id), uuid(routine.id)]
        for before, after in zip(lines, lines[1:]):
            assert before["ended"] <= after["begun"] + 30, "nothing is mixed"
        assert (uuid(theirs.id) in {line["id"] for line in lines}) == (zone in LAC)


def test_a_replacement_reaches_zones_that_are_at_different_sentences(hub, desk, station):  # noqa: F811
    """One hamlet has an alarm of its own meanwhile, which nobody else hears; all have heard words of the old text."""
    zones = [LAC[0], "an-hoa.1"]
    loa = station(speed=100, zones=zones)
    old = desk.post({"text": LONG, "speech": {"chime": False}}, topic=ALL)
    for zone in zones:
        wait_until(lambda: list((loa.folder / zone).glob(f"*{uuid(old.id)}.wav.part")) and
                   list((loa.folder / zone).glob(f"*{uuid(old.id)}.wav.part"))[0].stat().st_size > RATE, "words of it", watch=loa.process)
    flash = desk.post({"text": "Nước lên nhanh, bà con lên đê ngay. " * 3}, topic="an-thanh-1/an-lac/thong-bao", priority=3)
    wait_until(lambda: list((loa.folder / LAC[0]).glob(f"*{uuid(flash.id)}.wav.part")), "the alarm", watch=loa.process)
    new = desk.post({"text": SHORT, "speech": {"chime": False}}, topic=ALL, relation=2, re=old.id)
    assert set(ends(desk, new, zones=zones)) == set(zones)
    lines = {zone: [(line["id"], line["how"]) for line in loa.played() if line["zone"] == zone] for zone in zones}
    assert lines["an-hoa.1"] == [(uuid(old.id), "replaced"), (uuid(new.id), "whole")], "no alarm of others"
    assert lines[LAC[0]] == [(uuid(old.id), "interrupted"), (uuid(flash.id), "whole"), (uuid(new.id), "whole")]
    said = [Heard(loa.sound_in(zone, new.id)) for zone in zones]
    assert bytes(said[0].samples) == bytes(said[1].samples)
    plain = desk.post({"text": SHORT, "speech": {"chime": False}}, topic=ALL)
    ends(desk, plain, zones=zones)
    assert said[0].seconds > Heard(loa.sound_in(zones[0], plain.id)).seconds + 0.5, "a word of correction in both"
    desk.post({}, topic="an-thanh-1/an-lac/thong-bao", priority=3, relation=3, re=flash.id)


def test_a_cancellation_silences_every_zone(hub, desk, station):  # noqa: F811
    loa = station(speed=100)
    playing = desk.post(LONG, topic=ALL)
    wait_until(lambda: loa.plays_everywhere(playing.id), "it is read everywhere", watch=loa.process)
    desk.post({}, topic=ALL, relation=3, re=playing.id)
    assert set(ends(desk, playing, "skipped")) == set(ZONES)
    assert {line["how"] for line in loa.played_of(playing.id).values()} == {"cancelled"}
    assert not any(loa.sound_in(zone, playing.id) for zone in ZONES)


def test_killed_in_the_middle_each_zone_says_it_again_and_tells(hub, desk, station):  # noqa: F811
    loa = station(speed=200)
    posted = desk.post(LONG, topic=ALL)
    wait_until(lambda: loa.plays_everywhere(posted.id), "it is read everywhere", watch=loa.process)
    loa.process.kill()
    loa.start()
    assert all("làm lại từ đầu" in detail for detail in ends(desk, posted).values())
    assert all(loa.sound_in(zone, posted.id) for zone in ZONES)


def test_what_it_says_of_itself_names_each_zone(hub, desk, station):  # noqa: F811
    loa = station(zones=LAC, outputs={LAC[0]: "file", LAC[1]: "file file:khac"})
    posted = desk.post(SHORT, topic=ALL)
    ends(desk, posted, zones=LAC)

    def state():
        found = json.loads(hub.lienthon("last", f"an-thanh-1/tat-ca/loa/{loa.name.split('.')[1]}", "--json").stdout.splitlines()[0])
        body = found["body"]
        return body if body["state"] == "idle" and all("last" in zone for zone in body["zones"]) else None

    until = time.monotonic() + 20
    while not (body := state()):
        assert time.monotonic() < until
    assert [(zone["name"], zone["state"], zone["last"]["outcome"]) for zone in body["zones"]] == [(zone, "idle", "done") for zone in LAC]
    assert [body["output"], *(zone["output"] for zone in body["zones"])] == ["file file:khac", "file", "file file:khac"]


def test_why_it_is_heard_in_one_hamlet_and_not_in_another_and_when(hub, desk, station):  # noqa: F811
    zones = [LAC[0], "an-hoa.1"]
    tell_hours(desk, part.now_ms() + 10_800_000)
    loa = station(zones=zones, programme=True)
    loa.wait_for_log("hours told")
    narrowed = desk.post({"text": SHORT, "hamlets": ["an-lac"]}, topic=ALL)
    loa_says = {desk.receipt().content()["target"] for _ in range(2)}
    assert loa_says == set(zones)
    told = hub.lienthon("bridge", "explain", loa.name, uuid(narrowed.id)).stdout
    here, there = sorted(told.split("target ")[1:])[::-1]
    assert here.startswith("an-lac.1") and "would be given to speaker" in here and ", in the next programme of its hamlet, 1 time," in here, told
    assert there.startswith("an-hoa.1") and "would not reach the bridge: skipped, not-for-us" in there, told


@pytest.mark.parametrize("options, what", [
    ({"zones": {LAC[0]: "rtp:239.255.10.1:5004", LAC[1]: "file rtp:239.255.10.1:5004"}},
     "an-lac.1 and an-lac.2 both speak through rtp:239.255.10.1:5004, where what they say would be mixed"),
    ({"zones": {LAC[0]: "rtp:239.255.10.1:5004", LAC[1]: "rtp:239.255.10.2:5004"}, "rtp-urgent": "239.255.10.9:5004"},
     "both speak through rtp:239.255.10.9:5004"),
    ({"zones": {LAC[0]: "file icecast:/a.mp3,/khan.mp3", LAC[1]: "icecast:/khan.mp3,/b.mp3"}, "icecast": "http://127.0.0.1:9",
      "icecast-password": "file:icecast.password"},
     "both speak through icecast:/khan.mp3"),
    ({"output": "mqtt:loa", "mqtt": "127.0.0.1:9", "media-listen": "127.0.0.1:0"}, "both speak through mqtt:loa"),
])
def test_two_zones_do_not_speak_at_one_place(hub, options, what):
    password = hub.dir / "icecast.password"
    password.write_text("mat-khau\n")
    password.chmod(0o600)
    loa = Station(hub, zones=LAC)
    loa.configure({"targets": targets(LAC)}, **options)
    try:
        for words in ([], ["--check"]):
            told = run(BIN / "lienthon-bridge", loa.name, "-C", hub.dir, *words, status=1).stderr
            option = "zones" if "zones" in options else "output"
            assert what in told and re.search(rf"{loa.name}.yaml:\d+:\d+: options\.{option}: ", told), told
    finally:
        loa.file.unlink()


@pytest.mark.parametrize("zones, what", [
    (["..", LAC[0]], "the target '..' begins with a full stop"),
    ([f"an-lac.{n}" for n in range(33)], "a loudspeaker has at most 32 zones, and there are 33 targets"),
])
def test_zones_that_cannot_be_are_told_with_their_place(hub, zones, what):
    loa = Station(hub, zones=LAC)
    loa.configure({"targets": {zone: ALL for zone in zones}})
    try:
        for words in ([], ["--check"]):
            told = run(BIN / "lienthon-bridge", loa.name, "-C", hub.dir, *words, status=1).stderr
            assert what in told and re.search(rf"{loa.name}.yaml:\d+:\d+: targets: ", told), told
    finally:
        loa.file.unlink()


@pytest.mark.parametrize("zones, what", [
    ({"an-lac.1": "file", "an-lca.2": "file", "an-lac.2": "file"}, "there is no target 'an-lca.2'; did you mean 'an-lac.2'?"),
    ({"an-lac.1": "file"}, "it says nothing of the target 'an-lac.2'"),
    ({"an-lac.1": "file", "an-lac.2": "flie"}, "did you mean 'file'?"),
])
def test_a_zone_that_is_no_target_is_told_with_its_place(hub, zones, what):
    loa = Station(hub, zones=LAC)
    loa.configure({"targets": targets(LAC)}, zones=zones)
    try:
        told = run(BIN / "lienthon-bridge", loa.name, "-C", hub.dir, "--check", status=1).stderr
        assert what in told and f"{loa.name}.yaml:" in told, told
    finally:
        loa.file.unlink()
