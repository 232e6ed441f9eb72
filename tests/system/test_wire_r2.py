import pytest, time
from bodies import notice, state
from harness import HOUR, may_publish, may_subscribe
from lienthon import code, op, part, seal
import threading

def test_many_large_deferred_all_come_after_a_restart(commune):
    topic = "thu/due"
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    speaker.client().subscribe(topic, durable="loa")
    sender = team.client()
    due = part.now_ms() + 8000
    for n in range(12):
        said = sender.say(topic, "notice.v1", notice("x" * 1500, speech={}) if False else notice(f"{n} " + "x" * 1900), deliver_at=due)
    big = [team.part(topic, "notice.v1", notice(f"{n} " + "a" * 9000), deliver_at=due) for n in range(120)]
    for i in range(0, 120, 20):
        print(sender.publish(*[team.seal(p) for p in big[i:i+20]])[:1])
    commune.restart()
    client = speaker.client()
    waits = client.subscribe(topic, durable="loa", credit=200)
    print("waits", waits)
    got = 0
    for _ in range(waits):
        d = client.next(timeout=20); client.ack(d); got += 1
    assert got == 132

def test_cancel_of_an_older_retained_value_leaves_the_newer(commune):
    topic = "thu/last"
    team = commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])
    c = team.client()
    ty, b = state(1)
    m1 = c.say(topic, ty, b, flags=1)
    ty, b = state(2)
    m2 = c.say(topic, ty, b, flags=1)
    print(m1, m2)
    c.say(topic, ty, {}, relation=3, re=m1.id)
    assert len(c.query("last", pattern=topic)) == 1

def test_from_all_in_the_middle_of_publishing_has_no_gap(commune):
    topic = "thu/gap"
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    sender = team.client()
    lost = 0
    for round in range(30):
        t = f"{topic}/{round}"
        ps = [team.part(t, "notice.v1", notice(str(n))) for n in range(40)]
        raws = [team.seal(p) for p in ps]
        client = speaker.client()
        refs = [sender.send_publish([r]) for r in raws[:20]]
        client.subscribe(t, from_="all", credit=1000)
        refs += [sender.send_publish([r]) for r in raws[20:]]
        for r in refs:
            sender.published(r)
        got = set()
        try:
            while len(got) < 40:
                d = client.next(timeout=1.0); got.add(d.part.id)
        except Exception as e:
            print(round, "got", len(got), type(e))
            lost += 1
        client.close()
    assert lost == 0
