"""Durable subscriptions and ACK: what is kept for whom, and what comes again."""

import itertools
import random
import time

import pytest
from bodies import notice
from harness import may_publish, may_subscribe, wait_until
from talk import roster, say, take, texts

from lienthon import Refused, code, op, part


@pytest.fixture
def team(hub):
    return hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])


@pytest.fixture
def speaker(hub):
    return hub.issue(subscribe=[may_subscribe("thu/#")])


# Durable ones


def test_a_durable_subscription_gets_what_it_missed(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    client.close()
    say(sender, topic, "khi vắng 1", "khi vắng 2")
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 2
    say(sender, topic, "khi có mặt")
    assert texts(take(back, 3)) == ["khi vắng 1", "khi vắng 2", "khi có mặt"]


def test_what_was_acknowledged_does_not_come_again(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    say(sender, topic, "một", "hai", "ba")
    first, second, third = take(client, 3)
    client.ack(first)
    client.ack(third)
    client.ping()
    client.close()
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 1
    assert texts([back.next()]) == ["hai"]


def test_a_durable_subscription_lives_over_restarts_of_the_hub(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")], rights=["query"], subscribe=[may_subscribe("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid="a")
    made = [team.part(topic, "notice.v1", notice(text), flags=part.RECEIPT) for text in ("một", "hai", "ba", "bốn")]
    team.client().publish(*made)
    got = take(client, 2)
    client.ack(*got)
    asker = team.client()
    wait_until(lambda: list(roster(asker, made[1]).values()) == ["done"], "the ACK is kept", watch=commune.hub)
    commune.restart()
    client = speaker.client()
    assert client.subscribe(topic, durable="loa", sid="b") == 2
    assert texts(take(client, 2, "b")) == ["ba", "bốn"]
    commune.kill()
    commune.start()
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid="c")
    assert texts(take(client, 2, "c")) == ["ba", "bốn"]


def test_a_client_that_stayed_resumes_after_the_hub_was_gone(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid=1)
    sender = team.client()
    commune.kill()
    ref = sender.send_publish([team.part(topic, "notice.v1", notice("khi hub chết"))])
    commune.start()
    for one in (client, sender):
        one.watch = one.link_options["watch"] = commune.hub.pidfd
        one.reconnect()
    assert sender.published(ref)[0][0] in (code.DONE, code.DONE_BEFORE)
    assert not sender.unconfirmed
    assert texts([client.next(1)]) == ["khi hub chết"]


def test_an_existing_durable_resumes_whatever_from_says(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    say(sender, topic, "trước")
    client.subscribe(topic, durable="loa", from_="new")
    client.close()
    say(sender, topic, "sau")
    back = speaker.client()
    back.subscribe(topic, durable="loa", from_="all")
    assert texts([back.next()]) == ["sau"]


def test_another_connection_takes_a_durable_over(team, speaker, topic):
    older, newer, sender = speaker.client(), speaker.client(), team.client()
    older.subscribe(topic, durable="loa", sid="cũ")
    say(sender, topic, "một")
    first = older.next()
    newer.subscribe(topic, durable="loa", sid="mới")
    again = newer.next()
    assert again.seq == first.seq
    say(sender, topic, "hai", "ba")
    assert texts(take(newer, 2)) == ["hai", "ba"]
    older.ack(first)
    older.ping()
    assert not older.deliveries
    newer.close()
    third = speaker.client()
    third.subscribe(topic, durable="loa")
    assert texts(take(third, 3)) == ["một", "hai", "ba"], "an ACK of the older connection counts no more"


def test_the_older_connection_is_told_that_it_was_taken_over(hub, team, speaker, topic):
    older, newer, sender = speaker.client(), speaker.client(), team.client()
    older.subscribe(topic, durable="loa", sid="cũ")
    say(sender, topic, "một")
    first = older.next("cũ")
    newer.subscribe(topic, durable="loa", sid="mới")
    with pytest.raises(Refused) as told:
        older.next("cũ")
    assert told.value.code == code.TAKEN_OVER and "127.0.0.1" in told.value.text and "runs twice" in told.value.text
    older.ack(first)
    assert texts([newer.next()]) == ["một"]
    wait_until(lambda: f"durable subscription taken over principal={speaker.name} durable=loa address=127.0.0.1 "
               "older=127.0.0.1" in hub.hub.text(), "the line in the log", watch=hub.hub)
    older.subscribe(topic, durable="loa", sid="cũ")
    assert texts([older.next("cũ")]) == ["một"]
    with pytest.raises(Refused) as told:
        newer.next("mới")
    assert told.value.code == code.TAKEN_OVER, "and now the other one"
    older.close()
    newer.reconnect()
    assert texts([newer.next("mới")]) == ["một"], "asked for again on the next connection"


def test_the_answer_that_tells_of_a_takeover_has_the_ref_of_its_subscribe(speaker, topic):
    older, newer = speaker.client(), speaker.client()
    older.send([op.SUBSCRIBE, "ref-1", "s", [topic], {"durable": "loa"}])
    assert older.wait(op.SUBSCRIBED, ref="ref-1").head[2:] == [code.DONE, 0]
    newer.subscribe(topic, durable="loa")
    told = older.wait(op.SUBSCRIBED, ref="ref-1").head
    assert told[2] == code.TAKEN_OVER and 0 < len(told[3].encode()) <= 255
    older.ping()
    older.send([op.UNSUBSCRIBE, "ref-2", "s", False])
    assert older.wait(op.SUBSCRIBED, ref="ref-2").head[2] == code.NO_SUBSCRIPTION


def test_who_takes_its_own_over_is_told_nothing(speaker, topic):
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid=1)
    client.subscribe(topic, durable="loa", sid=1)
    client.subscribe(topic, durable="loa", sid=2)
    client.ping()
    assert not client.taken_over and not client.taken(op.SUBSCRIBED)
    other = speaker.client()
    other.subscribe(topic, durable="khac")
    other.subscribe(topic)
    other.ping()
    client.ping()
    assert not client.taken_over and not client.taken(op.SUBSCRIBED)


def test_a_client_whose_old_connection_still_stands_is_not_told_by_itself(team, speaker, topic):
    """Half open: the hub has not noticed yet; what it says there is read by nobody."""
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", sid=1)
    before = client.socket
    client.close = lambda *_: None  # a link that fails without a word
    client.reconnect()
    del client.close
    say(sender, topic, "một")
    assert texts([client.next(1)]) == ["một"] and not client.taken_over
    before.close(0)


def test_a_takeover_brings_new_patterns_and_what_waits_stays(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic + "/a", durable="loa", credit=0)
    say(sender, topic + "/a", "a1")
    back = speaker.client()
    back.subscribe(topic + "/b", durable="loa")
    say(sender, topic + "/a", "a2")
    say(sender, topic + "/b", "b1")
    assert texts(take(back, 2)) == ["a1", "b1"]


def test_durable_names_are_each_principals_own(hub, team, topic):
    clients = [hub.issue(subscribe=[may_subscribe("thu/#")]).client() for _ in range(2)]
    for client in clients:
        client.subscribe(topic, durable="loa")
    say(team.client(), topic, "cho cả hai")
    for client in clients:
        assert texts([client.next()]) == ["cho cả hai"]


def test_unsubscribing_keeps_a_durable_and_forget_ends_it(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", sid=1)
    client.unsubscribe(1)
    say(sender, topic, "giữ lại")
    assert client.subscribe(topic, durable="loa", sid=2) == 1
    client.unsubscribe(2, forget=True)
    say(sender, topic, "quên")
    assert client.subscribe(topic, durable="loa", sid=3) == 0
    say(sender, topic, "mới")
    assert texts([client.next(3)]) == ["mới"]


def test_what_has_expired_is_not_delivered(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    client.close()
    now = part.now_ms()
    say(sender, topic, "sắp hết", expires=now + 700, created=now)
    while sender.ping() < now + 800:
        sender.pump(0.1)
    say(sender, topic, "còn")
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    assert texts([back.next()]) == ["còn"]


@pytest.mark.parametrize("again", ["as it is", "after a restart", "after a kill"])
def test_a_long_backlog_of_mixed_priorities_comes_whole_to_a_durable_one(commune, topic, again):
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    speaker.client().subscribe(topic, durable="loa", credit=0)
    sender, sent = team.client(), {}
    for start in range(0, 3000, 250):
        for n, priority in zip(range(start, start + 250), itertools.cycle((0, 0, 1, 0, 2))):
            sent[str(n)] = priority
        batch = [team.part(topic, "notice.v1", notice(text), priority=sent[text])
                 for text in [str(n) for n in range(start, start + 250)]]
        assert {found for found, _ in sender.publish(*batch)} == {code.DONE}
    if again != "as it is":
        (commune.kill if again == "after a kill" else commune.stop)()
        commune.start()
    client, got = speaker.client(), []
    assert client.subscribe(topic, durable="loa", credit=200) == 3000
    while len(got) < 3000:
        delivery = client.next()
        client.ack(delivery)
        got += texts([delivery])
    assert sorted(got, key=int) == list(sent)


def test_a_backlog_that_is_fetched_in_several_visits_comes_whole(commune, topic):
    """High priorities come first, so each visit leaves holes above what still waits."""
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    speaker.client().subscribe(topic, durable="loa", credit=0)
    sender, waiting, chance = team.client(), set(), random.Random(5)

    def visit(count):
        client = speaker.client()
        assert client.subscribe(topic, durable="loa", credit=100) == len(waiting)
        for _ in range(count):
            delivery = client.next()
            client.ack(delivery)
            waiting.discard(delivery.part.id)
        client.ping()
        client.close()

    for _ in range(20):
        parts = [team.part(topic, "notice.v1", notice(), priority=chance.choice((0, 0, 1, 2))) for _ in range(250)]
        assert {found for found, _ in sender.publish(*parts)} == {code.DONE}
        waiting.update(made.id for made in parts)
        visit(60)
    visit(len(waiting))
    assert not waiting


# Acknowledging


def test_again_comes_back_with_a_counted_attempt_after_a_while(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    say(sender, topic, "lần nữa")
    begin = time.monotonic()
    delivery = client.next()
    waits = []
    for attempt in (2, 3):
        client.ack(delivery, outcome=op.ACK_AGAIN, detail="bận")
        delivery = client.next()
        waits.append(time.monotonic() - begin)
        begin = time.monotonic()
        assert delivery.attempt == attempt
    assert waits[0] >= 0.7 and waits[1] > waits[0] * 1.2
    client.ack(delivery)


def test_what_waits_to_come_again_does_not_hold_the_others_up(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", credit=1)
    say(sender, topic, "một", "hai")
    client.ack(client.next(), outcome=op.ACK_AGAIN)
    assert texts([client.next()]) == ["hai"]


def test_an_attempt_is_counted_over_reconnects_only_by_again(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    say(sender, topic, "một")
    assert client.next().attempt == 1
    client.close()
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    first = back.next()
    back.ack(first, outcome=op.ACK_AGAIN)
    assert back.next().attempt > 1


def test_gave_up_is_a_dead_letter_and_does_not_come_again(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    made = team.part(topic, "notice.v1", notice("hỏng"), flags=part.RECEIPT)
    sender.publish(made)
    client.ack(client.next(), outcome=op.ACK_GAVE_UP, detail="loa cháy")
    found = wait_until(
        lambda: [row for row in sender.query("status", id=made.id)["roster"] if row["state"] == "gave-up"],
        "the roster says gave-up",
    )
    assert found[0]["principal"] == speaker.name and found[0]["detail"] == "loa cháy"
    client.close()
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 0
    say(sender, topic, "sau")
    assert texts([back.next()]) == ["sau"]


def test_the_hub_gives_up_by_itself_after_so_many_attempts(make_commune, topic):
    commune = make_commune(limits={"attempts": 2}).start()
    team = commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    made = team.part(topic, "notice.v1", notice(), flags=part.RECEIPT)
    sender.publish(made)
    for attempt in (1, 2):
        delivery = client.next()
        assert delivery.attempt == attempt
        client.ack(delivery, outcome=op.ACK_AGAIN, detail="bận")
    wait_until(lambda: list(roster(sender, made).values()) == ["gave-up"], "the hub has given it up")
    say(sender, topic, "sau")
    assert texts([client.next()]) == ["sau"]


def test_acks_of_what_is_not_there_are_ignored(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid=1)
    client.send([op.ACK, "no such sid", [[1, 0]]])
    client.send([op.ACK, 1, [[2**52, 0], [0, 0]]])
    client.send([op.CREDIT, "no such sid", 5])
    say(team.client(), topic, "vẫn đến")
    assert texts([client.next()]) == ["vẫn đến"]


def test_an_ack_counts_only_for_what_this_connection_was_delivered(hub, team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", credit=1, sid=1)
    seqs = say(sender, topic, "một", "hai")
    client.next()
    client.send([op.ACK, 1, [[seqs[1], 0]]])
    client.ping()
    client.close()
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 2


def test_an_ack_without_durable_frees_credit_whatever_it_says(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, credit=1)
    say(sender, topic, *"abc")
    for text, outcome in (("a", op.ACK_DONE), ("b", op.ACK_GAVE_UP)):
        delivery = client.next()
        assert texts([delivery]) == [text]
        client.ack(delivery, outcome=outcome)
    assert texts([client.next()]) == ["c"]


def test_an_acknowledgement_is_kept_within_a_second(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe(topic, durable="loa")
    say(team.client(), topic, "một", "hai")
    first, _ = take(client, 2)
    client.ack(first)
    client.pump(1.2)
    commune.kill()
    commune.start()
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 1
    assert texts([back.next()]) == ["hai"]


def test_an_ack_that_is_followed_by_bye_counts(team, speaker, topic):
    sender = team.client()
    speaker.client().subscribe(topic, durable="loa", credit=0)
    for turn in range(20):
        say(sender, topic, str(turn))
        client = speaker.client()
        assert client.subscribe(topic, durable="loa") == 1
        delivery = client.next()
        assert texts([delivery]) == [str(turn)]
        client.ack(delivery)
        client.bye()


def test_a_disconnect_brings_it_to_another_live_connection_of_the_same_name(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    say(sender, topic, "một")
    client.next()
    client.close()
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    assert texts([back.next()]) == ["một"]


def test_the_same_client_may_say_hello_again(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid=1)
    client.hello()
    client.subscribe(topic, durable="loa", sid=2)
    say(team.client(), topic, "một")
    assert client.next().sid == 2


@pytest.mark.slow
def test_what_is_not_acknowledged_for_60_seconds_comes_again(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    client, sender = speaker.client(timeout=90), team.client()
    client.subscribe(topic, durable="loa", sid=1)
    say(sender, topic, "chậm", "đang làm")
    begin = time.monotonic()
    slow, working = take(client, 2)
    client.pump(45)
    client.ack(working, outcome=op.ACK_WORKING)
    again = client.next()
    assert again.seq == slow.seq and 55 < time.monotonic() - begin < 75
    client.ack(again)
    client.pump(15)
    assert not client.deliveries
    client.ack(working)
