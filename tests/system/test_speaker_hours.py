"""Hours of a loudspeaker's own, over those that the commune tells: a station at a market, a school."""

import json

import pytest
from harness import BIN, run
from loa import Speaker
from test_speaker import SHORT, Desk
from test_speaker_programme import MINUTE, clock, set_hours, tell_hours

from lienthon import part


@pytest.fixture
def hub(make_commune):
    return make_commune().start()


def in_force(hub, loa):
    shown = hub.lienthon("bridge", "show", loa.name).stdout
    told = json.loads(hub.lienthon("bridge", "show", loa.name, "--json").stdout)["in_force"]
    assert told in shown
    return told.removeprefix("hours in force ")


def test_an_hour_of_its_own_holds_and_the_rest_is_the_commune_s(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    ahead = clock(begun + 60 * MINUTE)
    tell_hours(desk, begun + 60 * MINUTE, quiet={"from": "02:00", "to": "02:10"})
    market = Speaker(hub, "loa.an-thuong.01", programme=True, hours_quiet="none", hours_day="07:00-20:00",
                     hours_programmes={"sang": f"{clock(begun)}, 20m, no-closing", "khuya": "03:05"})
    hall = Speaker(hub, "loa.an-thuong.02", programme=True)
    assert in_force(hub, market).startswith(f"programmes sang {clock(begun)} 20m no-closing, chieu 17:00 30m, khuya 03:05 30m; "
                                            "day 07:00-20:00; quiet none; volume 100; repeat 15m (until ")
    for loa in (market, hall):
        loa.start()
        loa.wait_for_log("hours told")
    own = f"programmes sang {clock(begun)} 20m no-closing, khuya 03:05 30m; day 07:00-20:00; quiet none; volume 100; repeat 15m"
    market.wait_for_log(f"hours in force {own}")
    assert in_force(hub, market) == own + "\n"
    assert in_force(hub, hall).startswith(f"programmes sang {ahead} 30m; day 06:00-21:00; quiet 02:00-02:10; ")
    posted = desk.post(SHORT, created=begun - MINUTE)
    said = {}
    while len(said) < 2:
        content = desk.receipt().content()
        if (content["target"], content["outcome"]) in ((market.name, "done"), (hall.name, "received")):
            said[content["target"]] = content["detail"]
    assert said[hall.name].startswith(f"chờ chương trình {ahead} "), said
    assert market.sound_of(posted.id) and not hall.sounds()
    market.stop()
    assert in_force(hub, market) == own + "\n", "what it keeps to is on its disk"
    hall.stop()


def test_where_all_is_said_as_it_comes_no_programme_is_shown(hub):
    loa = Speaker(hub, "loa.an-thuong.01")
    assert in_force(hub, loa).startswith("programmes none; day none; quiet none; ")


@pytest.mark.parametrize("repeat, told", [("30s", "1m"), ("2m", "2m"), ("0m", "0m")])
def test_a_repeat_of_less_than_a_minute_is_not_none(hub, repeat, told):
    set_hours(hub, repeat=repeat)
    hub.lienthon("hours")
    loa = Speaker(hub, "loa.an-thuong.01").start()
    loa.wait_for_log(f"volume 100; repeat {told}\n")
    loa.stop()


def test_a_programme_that_it_has_not_got_is_not_waited_for(hub):
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE + 60 * MINUTE
    tell_hours(desk, begun)
    school = Speaker(hub, "loa.an-thuong.01", programme=True, hours_day="00:00-23:59",
                     hours_programmes={"sang": "none"}).start()
    school.wait_for_log("hours told")
    posted = desk.post(SHORT)
    desk.until(posted, "done")
    school.stop()


@pytest.mark.parametrize("options, why", [
    ({"hours_programmes": {"sang": "5h"}}, "'options.hours-programmes.sang' is '5h'; allowed: an hour"),
    ({"hours_day": "06:00"}, "'options.hours-day' is '06:00'; allowed: two hours, as \"06:00-21:00\""),
    ({"hours_quiet": "never"}, "'options.hours-quiet' is 'never'; allowed: two hours, as \"06:00-21:00\"; or none"),
    ({"hours_volume": "05:00-06:00 101"}, "'options.hours-volume' is '05:00-06:00 101'; allowed"),
    ({"hours_daj": "06:00-21:00"}, "did you mean 'hours-day'?"),
])
def test_hours_that_are_wrong_are_told_with_their_place(hub, options, why):
    loa = Speaker(hub, "loa.an-thuong.01", **options)
    said = run(BIN / "lienthon-bridge", loa.name, "-C", hub.dir, "--check", status=None)
    assert said.returncode != 0
    line = next(n for n, text in enumerate(loa.file.read_text().splitlines(), 1) if "hours-" in text)
    assert f"bridges/{loa.name}.yaml:" in said.stderr and why in said.stderr, said.stderr
    place = said.stderr.split(f"{loa.name}.yaml:")[1].split(":")
    assert int(place[0]) in (line, line + 1) and int(place[1]) > 0
