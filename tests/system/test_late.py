"""Very many messages that are due at one moment, and very many last values: they come through the same window as all else."""

import pytest
from bodies import alert, notice, state
from harness import HOUR, may_publish, may_subscribe, wait_until
from talk import roster, take

from lienthon import code, op, part

SMALL = {"window": 16, "waiting": 1024, "deferred": 1000}
COUNT = 150


@pytest.fixture
def small(make_commune):
    return make_commune(limits=SMALL).start()


def defer(client, count, ms=1500, **fields):
    """So many messages for one moment; their parts, in the order of storing."""
    due = part.now_ms() + ms
    made = [part.make(client.identity.principal, "thu/hen", "notice.v1", notice(f"hẹn {number}"), deliver_at=due, **fields)
            for number in range(count)]
    for start in range(0, count, 50):
        assert {found for found, _ in client.publish(*made[start:start + 50])} == {code.DONE}
    return made



def texts_of(deliveries):
    return sorted(int(delivery.part.content()["text"].split()[1]) for delivery in deliveries)


def person_of(commune):
    return commune.issue(publish=[may_publish("thu/#", max_priority=3)], subscribe=[may_subscribe("thu/#")],
                         rights=["query"])


@pytest.mark.parametrize("durable", [{"durable": "hen"}, {}], ids=["durable", "gone with its connection"])
def test_what_is_due_at_one_moment_fills_the_window_and_no_more(small, durable):
    person = person_of(small)
    sender, listener = person.client(), person.client()
    listener.subscribe("thu/hen", sid=1, credit=4, **durable)
    defer(sender, COUNT)
    first = take(listener, 4)
    wait_until(lambda: sender.query("stats")["deferred"] == 0, "all are due")
    assert sender.query("stats")["at_hand"] <= 3 * SMALL["window"], "the rest lies in the store"
    sender.say("thu/hen", "alert.v1", alert(), priority=3, expires=part.now_ms() + HOUR)
    urgent = listener.next()
    assert urgent.part.priority == 3, "an emergency is not late"
    listener.ack(urgent)
    found = list(first)
    listener.ack(*first)
    while len(found) < COUNT:
        delivery = listener.next()
        listener.ack(delivery)
        found.append(delivery)
    assert texts_of(found) == list(range(COUNT)), "each once"
    assert listener.unsubscribe(1) is None


def test_it_survives_a_restart_and_is_told_by_status(small):
    person = person_of(small)
    sender, listener = person.client(), person.client()
    listener.subscribe("thu/hen", sid=1, credit=4, durable="hen")
    made = defer(sender, COUNT, flags=part.RECEIPT)
    first = take(listener, 4)
    wait_until(lambda: sender.query("stats")["deferred"] == 0, "all are due")
    asker = small.issue(subscribe=[may_subscribe("thu/#")], rights=["query"]).client()
    states = {roster(asker, one)[(person.name, "hen")] for one in made}
    assert states == {"waiting", "delivered"}
    listener.ack(*first)
    listener.ping()
    small.restart()
    again = person.client()
    assert again.subscribe("thu/hen", sid=1, credit=64, durable="hen") == COUNT - 4
    found = []
    while len(found) < COUNT - 4:
        delivery = again.next()
        again.ack(delivery)
        found.append(delivery)
    assert texts_of(first + found) == list(range(COUNT)), "each once"
    wait_until(lambda: {roster(again, one)[(person.name, "hen")] for one in made} == {"done"}, "all are done")
    again.close()


def test_none_comes_twice_when_the_queue_has_less_room_after_a_restart(make_commune):
    """What is late lies behind where the queue now ends: it is read there, and once."""
    commune = make_commune(limits={**SMALL, "window": 64}).start()
    person = person_of(commune)
    sender, listener = person.client(), person.client()
    listener.subscribe("thu/hen", sid=1, credit=4, durable="hen")
    defer(sender, COUNT)
    take(listener, 4)
    wait_until(lambda: sender.query("stats")["deferred"] == 0, "all are due")
    commune.close_clients()
    commune.hub.stop()
    commune.configure({"window": 16})
    commune.start()
    again = person.client()
    assert again.subscribe("thu/hen", sid=1, credit=8, durable="hen") == COUNT
    found = []
    for _ in range(COUNT):
        delivery = again.next()
        again.ack(delivery)
        found.append(delivery)
    assert texts_of(found) == list(range(COUNT)), "each once"
    again.ping()
    last = person.client().say("thu/hen", "notice.v1", notice("hẹn 999"))
    assert again.next().part.id == last.id


def test_who_forgets_a_subscription_gives_up_what_was_late_for_it(small):
    person = person_of(small)
    sender, listener = person.client(), person.client()
    listener.subscribe("thu/hen", sid=1, credit=4, durable="hen")
    made = defer(sender, 60, flags=part.RECEIPT)
    take(listener, 4)
    wait_until(lambda: sender.query("stats")["deferred"] == 0, "all are due")
    listener.unsubscribe(1, forget=True)
    wait_until(lambda: {roster(sender, one)[(person.name, "hen")] for one in made} == {"gave-up"}, "each is told")


@pytest.mark.parametrize("durable", [{"durable": "gia-tri"}, {}], ids=["durable", "gone with its connection"])
def test_very_many_last_values_come_as_there_is_room(small, durable):
    person = person_of(small)
    sender, listener = person.client(), person.client()
    for number in range(COUNT):
        sender.say(f"thu/gia-tri/{number}", *state(number), flags=part.RETAIN)
    assert listener.subscribe("thu/gia-tri/+", sid=1, credit=4, from_="retained", **durable) == COUNT
    assert sender.query("stats")["at_hand"] <= 3 * SMALL["window"]
    sender.say("thu/gia-tri/moi", *state(1000))
    found = []
    while len(found) <= COUNT:
        delivery = listener.next()
        listener.ack(delivery)
        found.append(delivery)
    assert sorted(delivery.part.content()["at"] for delivery in found) == [*range(COUNT), 1000]
    assert not listener.taken(op.BYE)
