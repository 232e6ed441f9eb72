"""The loudspeaker's programme in earnest: the hours that the commune tells, what waits for them, and the rest of a programme
after a power cut. A year of it is simulated in speaker_programme_test.c."""

import datetime
import re

import harness
import pytest
import yaml
from bodies import alert, notice
from harness import Failed, wait_until
from loa import RATE, Heard, Speaker, uuid
from test_speaker import LONG, SHORT, TEXT, Desk
from test_speaker_sound import CORRECTION, at_sentence, find

from lienthon import part

MINUTE = 60_000
TZ = datetime.timezone(datetime.timedelta(hours=7))


def clock(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, TZ).strftime("%H:%M")


@pytest.fixture
def hub(make_commune):
    return make_commune().start()


def tell_hours(desk, begin, minutes=30, **area):
    """The commune's hours: one programme, which began (or begins) at `begin`."""
    area = {"hamlet": "tat-ca", "day": {"from": "06:00", "to": "21:00"},
            "programmes": [{"name": "sang", "at": clock(begin), "minutes": minutes}], **area}
    return desk.post({"utc_minutes": 420, "areas": [area]}, topic="an-thanh-1/tat-ca/thong-bao",
                     type="speaker-hours.v1", flags=1)


def test_routine_waits_for_the_programme_and_what_was_meant_for_it_is_read(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    tell_hours(desk, begun)
    loa = Speaker(hub, "loa.an-thuong.01", programme=True).start()
    loa.wait_for_log("hours told")
    meant = [desk.post(SHORT, created=begun - n * MINUTE) for n in (1, 2)]
    done = set()
    while done != {one.id for one in meant}:
        found = desk.receipt()
        if found.content()["outcome"] == "done":
            done.add(found.re)
    waits = desk.post(SHORT)
    _, content, _ = desk.until(waits, "received")
    assert content["detail"].startswith(f"chờ chương trình {clock(begun)} ngày "), content
    assert loa.sound_of(waits.id) is None
    wait_until(lambda: list(loa.folder.glob("*-loa.wav")), "a closing chime", watch=loa.process)
    desk.until(desk.post(SHORT, priority=2), "done")
    assert loa.sound_of(waits.id) is None, "only what is very urgent does not wait"
    loa.stop()
    loa.process = None
    loa.start()
    again = desk.post(SHORT)
    _, content, _ = desk.until(again, "received")
    assert content["detail"].startswith(f"chờ chương trình {clock(begun)} ngày "), "the hours are on its disk"
    desk.post({}, relation=3, re=waits.id)
    _, content, _ = desk.until(waits, "skipped")
    loa.stop()


def test_power_back_in_the_middle_of_a_programme_it_goes_on_and_repeats_nothing(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    tell_hours(desk, begun)
    loa = Speaker(hub, "loa.an-thuong.01", programme=True, speed=400).start()
    loa.wait_for_log("hours told")
    posted = [desk.post(LONG if i == 1 else SHORT, created=begun - (9 - i) * MINUTE) for i in range(3)]
    desk.until(posted[0], "done")
    wait_until(lambda: loa.is_playing(posted[1].id), "the second plays", watch=loa.process)
    loa.process.kill()
    loa.configure(speed=1000, programme=True)
    loa.start()
    ended = {}
    while set(ended) != {posted[1].id, posted[2].id}:
        found = desk.receipt()
        if found.content()["outcome"] == "done":
            ended[found.re] = found.content()["detail"]
    assert "làm lại từ đầu" in ended[posted[1].id]
    assert len(list(loa.folder.glob(f"*{posted[0].id.hex()[20:]}.wav"))) == 1
    loa.stop()


def test_a_power_cut_changes_nothing_in_the_order_of_a_programme(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    tell_hours(desk, begun)
    loa = Speaker(hub, "loa.an-thuong.01", programme=True, speed=400).start()
    loa.wait_for_log("hours told")
    before = desk.post(LONG, created=begun - 9 * MINUTE)
    wait_until(lambda: loa.is_playing(before.id), "the programme is on air", watch=loa.process)
    third, second, first = (desk.post(TEXT, created=begun - n * MINUTE) for n in (2, 4, 6))  # they come the other way round
    for cut in (first, second):
        wait_until(lambda: loa.is_playing(cut.id), "the next is in the middle", watch=loa.process)
        loa.process.kill()
        loa.start()
    in_order = [uuid(one.id) for one in (before, first, second, third)]

    def whole():
        return [line["id"] for line in loa.played() if line["how"] == "whole" and line["id"]]

    wait_until(lambda: len(whole()) >= 4, "all are said", watch=loa.process)
    loa.stop()
    assert whole() == in_order, "each once, and as they were meant"


def test_what_replaces_a_replacement_that_waits_for_its_turn_in_the_programme_is_a_correction(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    tell_hours(desk, begun)
    loa = Speaker(hub, "loa.an-thuong.01", programme=True, speed=400).start()
    loa.wait_for_log("hours told")
    alone = desk.post(CORRECTION, priority=2)
    desk.until(alone, "done")
    word = Heard(loa.sound_of(alone.id)).samples[:-RATE * 3 // 10]
    old = desk.post({"text": LONG, "speech": {"chime": False}}, created=begun - 9 * MINUTE)
    at_sentence(loa, old.id, 1)
    between = desk.post(LONG, created=begun - 8 * MINUTE)
    unheard = desk.post(SHORT, created=begun - 7 * MINUTE, relation=2, re=old.id)
    wait_until(lambda: loa.is_playing(between.id), "another is on air meanwhile", watch=loa.process)
    last = desk.post(SHORT, created=begun - 6 * MINUTE, relation=2, re=unheard.id)
    desk.until(last, "done")
    log = [(line["id"], line["how"]) for line in loa.played() if line["id"]][1:]
    assert log == [(uuid(old.id), "replaced"), (uuid(between.id), "whole"), (uuid(last.id), "whole")]
    assert find(word, Heard(loa.sound_of(last.id)).samples)[1] > 0.99
    assert find(word, Heard(loa.sound_of(between.id)).samples)[1] < 0.95
    loa.stop()


def test_what_a_programme_has_no_room_for_is_left_and_its_sender_is_told(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    tell_hours(desk, begun, minutes=3)
    loa = Speaker(hub, "loa.an-thuong.01", programme=True).start()
    loa.wait_for_log("hours told")
    first = desk.post(SHORT, created=begun - 2 * MINUTE)
    left = desk.post(notice(LONG, speech={"text": LONG, "repeat": 3}), created=begun - MINUTE)
    desk.until(first, "done")
    while "hết giờ" not in (content := desk.until(left, "received")[1])["detail"]:
        pass
    assert content["detail"].startswith(f"chương trình trước đã hết giờ; chờ chương trình {clock(begun)} ngày ")
    assert loa.sound_of(left.id) is None
    loa.stop()


def test_a_flash_is_said_until_it_is_all_clear(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    fields = {"type": "alert.v1", "topic": "an-thanh-1/an-thuong/canh-bao", "priority": 3}
    flash = desk.post(alert(), **fields)
    _, content, _ = desk.until(flash, "done")
    assert "; lần 1, xong lúc " in content["detail"]
    _, content, _ = desk.until(flash, "received")
    assert content["detail"].startswith("đã phát 1 lần, gần nhất ") and "; chờ đến " in content["detail"]
    desk.post(alert(all_clear=True), relation=1, re=flash.id, **fields)
    while "đã báo yên" not in (content := desk.until(flash, "done")[1])["detail"]:
        pass
    assert content["detail"].startswith("đã phát 1 lần")
    loa.stop()


@pytest.mark.parametrize("priority, programme", [(3, True), (2, True), (0, False)])
def test_a_sender_whose_clock_is_ahead_is_not_waited_for(hub, priority, programme):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01", programme=programme).start()
    posted = desk.post(SHORT, priority=priority, created=part.now_ms() + 20_000)
    desk.until(posted, "done")
    assert loa.played()[0]["begun"] < posted.created - 5000
    loa.stop()


def test_a_flash_of_which_nothing_was_heard_is_not_begun_when_all_is_clear(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01", speed=100).start()
    fields = {"type": "alert.v1", "topic": "an-thanh-1/an-thuong/canh-bao", "priority": 3}
    other = desk.post(LONG, priority=3)
    wait_until(lambda: loa.is_playing(other.id), "another one is heard", watch=loa.process)
    flash = desk.post(alert(), **fields)
    desk.until(flash, "received")
    clear = desk.post(alert(all_clear=True), relation=1, re=flash.id, **fields)
    _, content, _ = desk.until(flash, "skipped")
    assert content["detail"] == "cancelled" and loa.is_playing(other.id)
    desk.post({}, relation=3, re=other.id, priority=3)
    desk.until(clear, "done")
    assert uuid(flash.id) not in [line["id"] for line in loa.played()]
    loa.stop()


def test_nothing_is_kept_of_a_flash_that_expired_while_there_was_no_power(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    flash = desk.post(SHORT, priority=3, expires=part.now_ms() + 8000)
    desk.until(flash, "done")
    said = loa.play_log().parent / "said"
    assert list(said.iterdir()), "it is to be repeated: what was said of it is on the disk"
    loa.process.kill()
    wait_until(lambda: part.now_ms() > flash.expires, "it expires")
    loa.start()
    desk.until(flash, "skipped")
    wait_until(lambda: not list(said.iterdir()), "nothing is kept of it", watch=loa.process)
    assert len(loa.sounds()) == 1
    loa.stop()


def test_what_was_said_of_a_flash_is_kept_until_it_is_over(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    flash = desk.post(SHORT, priority=3)
    desk.until(flash, "done")
    said = loa.play_log().parent / "said"
    [kept] = said.iterdir()
    for _ in range(2):
        loa.process.kill()
        loa.start()
        other = desk.post(SHORT)
        desk.until(other, "done")
        assert list(said.iterdir()) == [kept], "the end of another takes nothing of it"
    desk.post({}, relation=3, re=flash.id, priority=3)
    while "thôi phát" not in desk.until(flash, "done")[1]["detail"]:
        pass
    wait_until(lambda: not list(said.iterdir()), "it is over", watch=loa.process)
    loa.stop()


def test_a_power_cut_when_all_is_clear_begins_no_flash_again(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01", speed=100).start()
    fields = {"type": "alert.v1", "topic": "an-thanh-1/an-thuong/canh-bao", "priority": 3}
    flash = desk.post(alert(headline=f"{TEXT} {TEXT}"), **fields)
    wait_until(lambda: loa.is_playing(flash.id), "it is heard", watch=loa.process)
    clear = desk.post(alert(all_clear=True), relation=1, re=flash.id, **fields)
    desk.until(clear, "received")
    loa.process.kill()
    loa.start()
    desk.until(clear, "done")
    assert "whole" not in [line["how"] for line in loa.played() if line["id"] == uuid(flash.id)]
    loa.stop()


@pytest.mark.skipif(not harness.LONG, reason="LT_LONG=1: two minutes")
def test_two_flashes_are_said_in_turn_until_they_are_cancelled(hub):
    desk = Desk(hub)
    tell_hours(desk, part.now_ms(), repeat_minutes=1)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    loa.wait_for_log("hours told")
    flashes = [desk.post(text, priority=3) for text in (SHORT, "Nước lên.")]

    def said(id):
        return [line["id"] for line in loa.played()].count(uuid(id))

    wait_until(lambda: all(said(one.id) == 2 for one in flashes), "both are said again", timeout=120, watch=loa.process)
    first, second = (uuid(one.id) for one in flashes)
    assert [(line["id"], line["how"]) for line in loa.played()] == [(first, "whole"), (second, "whole")] * 2
    desk.connect()  # the hub has not heard of it for a minute
    desk.post({}, relation=3, re=flashes[0].id, priority=3)
    while "thôi phát" not in (content := desk.until(flashes[0], "done")[1])["detail"]:
        pass
    assert content["detail"].startswith("đã phát 2 lần")
    wait_until(lambda: said(flashes[1].id) == 3, "the other goes on", timeout=120, watch=loa.process)
    assert said(flashes[0].id) == 2, "it is over"
    loa.stop()


def test_a_flash_is_repeated_no_more_when_the_commune_takes_that_back(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    flash = desk.post(SHORT, priority=3)
    desk.until(flash, "done")
    tell_hours(desk, part.now_ms(), repeat_minutes=0)
    loa.wait_for_log("hours told")
    _, content, _ = desk.until(flash, "done")
    assert content["detail"].startswith("đã phát 1 lần; thôi phát"), content
    desk.until(desk.post(SHORT, priority=2), "done")
    assert [line["how"] for line in loa.played() if line["id"] == uuid(flash.id)] == ["whole"]
    loa.stop()


def test_the_volume_of_the_hour_is_the_commune_s(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01").start()
    loud = desk.post(SHORT)
    desk.until(loud, "done")
    tell_hours(desk, part.now_ms(), volume=[{"from": "00:00", "to": "12:00", "percent": 25},
                                            {"from": "12:00", "to": "00:00", "percent": 25}])
    loa.wait_for_log("hours told")
    soft, flash = desk.post(SHORT), desk.post(SHORT, priority=2)
    desk.until(soft, "done")
    desk.until(flash, "done")

    def peak(of):
        return max(Heard(loa.sound_of(of.id)).loudness())

    assert peak(soft) < peak(loud) / 2
    assert peak(flash) > peak(loud) * 0.8, "an alarm is as loud as ever"
    read = desk.post({"text": LONG, "speech": {"chime": False}})
    at_sentence(loa, read.id, 1)
    desk.post({}, relation=3, re=read.id)
    [own] = wait_until(loa.own_words, "the words of cancellation", watch=loa.process)
    assert max(Heard(own).loudness()) < peak(loud) / 2, "nor do its own words wake anybody"
    loa.stop()


def set_hours(hub, **hours):
    file = hub.dir / "commune.yaml"
    config = yaml.safe_load(file.read_text())
    config["loudspeakers"] = hours
    file.write_text(yaml.safe_dump(config, allow_unicode=True))


def test_the_office_tells_the_hours_of_commune_yaml_by_hamlet(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    ahead = clock(begun + 60 * MINUTE)
    night = f"{clock(begun + 300 * MINUTE)}-{clock(begun + 600 * MINUTE)}"  # away from both programmes at every hour of the day
    set_hours(hub, programmes={"sang": f"{ahead}, 20m, days 1-7", "an-thuong/sang": f"{clock(begun)}, 30m, no-closing"},
              quiet={"an-lac": night}, volume={"tat-ca": "00:00-06:00 50"}, repeat="30m")
    hub.lienthon("hours")
    here = Speaker(hub, "loa.an-thuong.01", programme=True).start()
    there = Speaker(hub, "loa.an-lac.01", hamlet="an-lac", programme=True).start()
    for loa in (here, there):
        loa.wait_for_log("hours told")
    posted = desk.post(SHORT, topic="an-thanh-1/tat-ca/thong-bao", created=begun - MINUTE)
    said = {}
    while len(said) < 2:
        found = desk.receipt()
        content = found.content()
        if (content["target"], content["outcome"]) in ((here.name, "done"), (there.name, "received")):
            said[content["target"]] = content["detail"]
    assert said[there.name].startswith(f"chờ chương trình {ahead} "), said
    assert here.sound_of(posted.id) and not there.sounds()
    here.stop()
    there.stop()


def test_hours_in_a_zone_behind_utc_are_not_told_as_others(hub):
    file = hub.dir / "identity.yaml"
    config = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**config, "timezone": "America/New_York"}, allow_unicode=True))
    with pytest.raises(Failed, match="in a zone behind UTC"):
        hub.lienthon("hours")


@pytest.mark.parametrize("hours, why", [
    ({"programmes": {"sang": "5h"}}, "'loudspeakers.programmes.sang' is '5h'; allowed: an hour"),
    ({"programmes": {"sang": "05:00, days 0-3"}}, "'loudspeakers.programmes.sang' is '05:00, days 0-3'; allowed"),
    ({"programmes": {"an-lak/sang": "05:00"}}, "'an-lak' is no hamlet; allowed: tat-ca, and those of `hamlets`; nearest: an-lac"),
    ({"day": {"tat-ca": "06:00"}}, "'loudspeakers.day.tat-ca' is '06:00'; allowed: two hours"),
    ({"volume": {"tat-ca": "05:00-06:00 101"}}, "'loudspeakers.volume.tat-ca' is '05:00-06:00 101'; allowed"),
    ({"quite": {"tat-ca": "21:00-05:00"}}, "quiet"),
])
def test_hours_that_are_wrong_are_told_with_what_is_allowed(hub, hours, why):
    set_hours(hub, **hours)
    with pytest.raises(Failed) as failed:
        hub.lienthon("hours")
    assert why in str(failed.value), failed.value
    assert re.search(r"commune[.]yaml:\d+:\d+: ", str(failed.value)) or "is no hamlet" in why, "the place"
