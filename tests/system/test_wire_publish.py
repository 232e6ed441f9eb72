"""PUBLISH: what is taken, what is refused with which code, and that nothing of it is stored."""

import os
import resource

import pytest
from bodies import alert, notice, receipt
from harness import DAY, HOUR, may_publish, may_subscribe

from lienthon import Identity, Refused, bundle, code, names, op, pack, part, seal


@pytest.fixture
def team(hub):
    return hub.issue(
        publish=[may_publish("thu/#", types=["*"], max_priority=2, max_label=1)],
        subscribe=[may_subscribe("thu/#")],
        rights=["query"],
    )


@pytest.fixture
def reader(hub):
    """May see whatever there is, and sends nothing."""
    return hub.issue(subscribe=[may_subscribe("#", max_label=2), may_subscribe("$lt/#", max_label=2)],
                     rights=["query"]).client()


def stored(reader, topic):
    return [seal.decode(raw).part.id for raw in reader.query("history", pattern=topic, limit=1000)]


def refused(client, message, reader, topic):
    """The code that one message is refused with; nothing of it may be stored."""
    before = stored(reader, topic)
    [(found, text)] = client.publish(message)
    if found >= 16:
        assert isinstance(text, str) and text.strip() and len(text.encode()) <= 255
        assert stored(reader, topic) == before
    return found


def test_published_promises_that_it_is_stored(team, reader, topic):
    client = team.client()
    first = team.part(topic, "notice.v1", notice())
    [(found, seq)] = client.publish(first)
    assert found == code.DONE and type(seq) is int and seq > 0
    [(found, later)] = client.publish(team.part(topic, "notice.v1", notice()))
    assert found == code.DONE and later > seq
    assert first.id in stored(reader, topic) and len(stored(reader, topic)) == 2


def test_the_bytes_stored_are_the_bytes_that_came(team, reader, topic):
    sealed = team.seal(team.part(topic, "notice.v1", notice()))
    team.client().publish(sealed)
    assert reader.query("history", pattern=topic) == [sealed]


def test_wide_integers_are_kept_as_they_came(team, reader, topic):
    made = team.part(topic, "notice.v1", notice())
    wide = b"\x9f\xd3" + (1).to_bytes(8, "big") + made.raw[2:]
    sealed = seal.seal_one(wide, team.identity.keys)
    assert team.client().publish(sealed)[0][0] == code.DONE
    assert reader.query("history", pattern=topic) == [sealed]


def test_the_same_again_is_done_before_with_the_old_seq(team, topic):
    client = team.client()
    sealed = team.seal(team.part(topic, "notice.v1", notice()))
    [(_, seq)] = client.publish(sealed)
    assert client.publish(sealed) == [(code.DONE_BEFORE, seq)]


def test_the_same_part_in_another_seal_is_the_same_message(team, reader, topic):
    client = team.client()
    made = team.part(topic, "notice.v1", notice())
    [(_, seq)] = client.publish(made)
    batch = seal.seal([made.raw, team.part(topic, "notice.v1", notice()).raw], team.identity.keys)
    assert client.publish(batch[0]) == [(code.DONE_BEFORE, seq)]
    assert stored(reader, topic) == [made.id]


def test_the_same_twice_in_one_publish_is_stored_once(team, reader, topic):
    sealed = team.seal(team.part(topic, "notice.v1", notice()))
    (first, seq), (second, again) = team.client().publish(sealed, sealed)
    assert (first, second) == (code.DONE, code.DONE_BEFORE) and seq == again
    assert len(stored(reader, topic)) == 1


def test_the_same_from_two_connections_at_once_is_stored_once(team, reader, topic):
    sealed = [team.seal(team.part(topic, "notice.v1", notice())) for _ in range(50)]
    clients = [team.client() for _ in range(3)]
    refs = [client.send_publish(sealed) for client in clients]
    answers = [client.published(ref) for client, ref in zip(clients, refs)]
    for column in zip(*answers):
        assert sorted(found for found, _ in column) == [0, 1, 1]
        assert len({seq for _, seq in column}) == 1
    assert len(stored(reader, topic)) == 50


def test_done_before_survives_a_restart_of_the_hub(commune, topic):
    person = commune.issue(publish=[may_publish("thu/#")])
    sealed = person.seal(person.part(topic, "notice.v1", notice()))
    [(_, seq)] = person.client().publish(sealed)
    commune.restart()
    assert person.client().publish(sealed) == [(code.DONE_BEFORE, seq)]
    commune.kill()
    commune.start()
    assert person.client().publish(sealed) == [(code.DONE_BEFORE, seq)]


def test_two_senders_may_use_the_same_id(hub, team, reader, topic):
    other = hub.issue(publish=[may_publish("thu/#")])
    made = team.part(topic, "notice.v1", notice())
    team.client().publish(made)
    theirs = other.part(topic, "notice.v1", notice(), id=made.id, created=made.created)
    assert other.client().publish(theirs)[0][0] == code.DONE
    assert stored(reader, topic) == [made.id, made.id]


def test_an_id_taken_by_other_content_is_34(team, reader, topic):
    client = team.client()
    made = team.part(topic, "notice.v1", notice())
    client.publish(made)
    other = team.part(topic, "notice.v1", notice("Nội dung khác."), id=made.id, created=made.created)
    assert refused(client, other, reader, topic) == code.ID_TAKEN
    within = team.part(topic, "notice.v1", notice())
    twin = team.part(topic, "notice.v1", notice("Khác."), id=within.id, created=within.created)
    assert [found for found, _ in client.publish(within, twin)] == [code.DONE, code.ID_TAKEN]


def test_nobody_learns_by_a_bad_seal_which_ids_exist(hub, team, topic):
    made = team.part(topic, "notice.v1", notice())
    team.client().publish(made)
    forged = seal.seal_one(made.raw, Identity.generate("x").keys)
    assert team.client().publish(forged)[0][0] == code.BAD_SEAL
    bearer = hub.issue(publish=[may_publish("thu/#")])
    assert bearer.client().publish(team.seal(made))[0][0] == code.NOT_ALLOWED


def test_done_before_is_told_after_expiry_too(team, topic):
    client = team.client()
    now = part.now_ms()
    made = team.part(topic, "notice.v1", notice(), created=now, expires=now + 900)
    sealed = team.seal(made)
    [(found, seq)] = client.publish(sealed)
    assert found == code.DONE
    while client.ping() < made.expires:
        client.pump(0.1)
    assert client.publish(sealed) == [(code.DONE_BEFORE, seq)]


def test_done_before_is_told_to_one_whose_right_has_gone(hub, topic):
    person = hub.issue(publish=[may_publish("thu/#")])
    sealed = person.seal(person.part(topic, "notice.v1", notice()))
    [(_, seq)] = person.client().publish(sealed)
    body = dict(person.body, publish=[], serial=hub.next_serial())
    hub.hand_in(hub.seal_grant(body))
    client = person.client()
    assert client.publish(sealed) == [(code.DONE_BEFORE, seq)]
    assert client.publish(person.part(topic, "notice.v1", notice()))[0][0] == code.NOT_ALLOWED


def test_a_batch_under_one_seal_is_stored_whole(team, reader, topic):
    parts = [team.part(topic, "notice.v1", notice(f"Tin số {n}.")) for n in range(256)]
    answers = team.client().publish(*parts)
    assert [found for found, _ in answers] == [0] * 256
    seqs = [seq for _, seq in answers]
    assert seqs == sorted(set(seqs))
    assert set(stored(reader, topic)) == {one.id for one in parts}


def test_the_members_of_a_large_batch_may_come_one_by_one(team, topic):
    parts = [team.part(topic, "notice.v1", notice(f"Tin số {n}.")) for n in range(1024)]
    sealed = seal.seal([one.raw for one in parts], team.identity.keys)
    client = team.client()
    for index in (0, 1, 511, 512, 1023):
        assert client.publish(sealed[index])[0][0] == code.DONE


def test_one_bad_message_does_not_spoil_its_batch(team, reader, topic):
    good = [team.part(topic, "notice.v1", notice()) for _ in range(2)]
    bad = team.part(topic, "notice.v1", {"title": 5})
    answers = team.client().publish(good[0], bad, good[1])
    assert [found for found, _ in answers] == [code.DONE, code.BODY_WRONG, code.DONE]
    assert sorted(stored(reader, topic)) == sorted(one.id for one in good)


# One row a refusal: what is sent -> the code. `make` gets the team, the topic and now.
def bare(team, topic, now, **fields):
    return team.part(topic, fields.pop("type", "notice.v1"), fields.pop("body", notice()), created=now, **fields)


def flip(raw, at):
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def resealed(team, raw):
    return seal.seal_one(raw, team.identity.keys)


REFUSALS = {
    "16 not MessagePack": (16, lambda t, p, n: b"\xc1"),
    "16 empty": (16, lambda t, p, n: b""),
    "16 a part of 14 fields": (16, lambda t, p, n: resealed(t, pack.packb(bare(t, p, n).values()[:14]))),
    "16 version 2": (16, lambda t, p, n: resealed(t, pack.packb([2] + bare(t, p, n).values()[1:]))),
    "16 an id made an hour ago": (16, lambda t, p, n: bare(t, p, n, id=part.new_id(n - HOUR))),
    "16 a topic with a wildcard": (16, lambda t, p, n: bare(t, "thu/+", n)),
    "16 flash without an end": (16, lambda t, p, n: bare(t, p, n, priority=3)),
    "16 deliver_at after expires": (16, lambda t, p, n: bare(t, p, n, expires=n + 1000, deliver_at=n + 2000)),
    "16 re is itself": (16, lambda t, p, n: bare(t, p, n, id=(i := part.new_id(n)), relation=3, re=i)),
    "16 a seal of index 1 of 1": (16, lambda t, p, n: pack.packb([bare(t, p, n).raw, [bytes(8), 1, 1, b"", bytes(64)]])),
    "16 bytes after": (16, lambda t, p, n: t.seal(bare(t, p, n)) + b"\x00"),
    "18 a bit of the part": (18, lambda t, p, n: flip(s := t.seal(bare(t, p, n)), s.index(b"title"))),
    "18 a bit of the signature": (18, lambda t, p, n: flip(s := t.seal(bare(t, p, n)), len(s) - 1)),
    "18 another key": (18, lambda t, p, n: seal.seal_one(bare(t, p, n).raw, Identity.generate("x").keys)),
    "19 a sender that nobody knows": (19, lambda t, p, n: resealed(t, part.make("nguoi.la", p, "notice.v1", notice()).raw)),
    "20 made before the sender's grant": (20, lambda t, p, n: bare(t, p, n - 2 * HOUR)),
    "21 a topic outside the grant": (21, lambda t, p, n: bare(t, "khac/tin", n)),
    "21 a priority above the grant": (21, lambda t, p, n: bare(t, p, n, priority=3, expires=n + HOUR)),
    "21 under $lt": (21, lambda t, p, n: bare(t, "$lt/time", n)),
    "22 no map": (22, lambda t, p, n: bare(t, p, n, body=b"\x90")),
    "22 no MessagePack in the body": (22, lambda t, p, n: bare(t, p, n, body=b"\xc1")),
    "22 an empty body": (22, lambda t, p, n: bare(t, p, n, body=b"")),
    "22 a key twice": (22, lambda t, p, n: bare(t, p, n, body=b"\x82\xa5title\xa1a\xa5title\xa1b")),
    "22 an integer of 2^53": (22, lambda t, p, n: bare(t, p, n, body=pack.packb(dict(notice(), title=2**53)))),
    "22 a wrong channel": (22, lambda t, p, n: bare(t, p, n, body=notice(channels=["loaa"]))),
    "22 an unknown key": (22, lambda t, p, n: bare(t, p, n, body=notice(la="x"))),
    "22 a notice to be retained": (22, lambda t, p, n: bare(t, p, n, flags=part.RETAIN)),
    "22 an alert without an end": (22, lambda t, p, n: bare(t, p, n, type="alert.v1", body=alert())),
    "22 an alert that lives too long": (22, lambda t, p, n: bare(t, p, n, type="alert.v1", body=alert(), expires=n + 8 * DAY)),
    "22 a grant where grants do not live": (22, lambda t, p, n: bare(t, p, n, type="grant.v1", body={})),
    "23 an unknown type": (23, lambda t, p, n: bare(t, p, n, type="no-such-type.v1", body={})),
    "23 a later version of a type": (23, lambda t, p, n: bare(t, p, n, type="notice.v9")),
    "24 made too far ahead": (24, lambda t, p, n: bare(t, p, n + 150_000)),
    "25 already expired": (25, lambda t, p, n: bare(t, p, n - 10_000, expires=n - 5_000)),
    "33 secret matter": (33, lambda t, p, n: bare(t, p, n, label=2)),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_its_code_and_sentence_and_stores_nothing(team, reader, topic, name):
    wanted, make = REFUSALS[name]
    message = make(team, topic, part.now_ms())
    if not isinstance(message, bytes):
        topic = message.topic if names.is_pattern(message.topic) else topic
    assert refused(team.client(), message, reader, topic) == wanted


def test_the_path_of_what_is_wrong_in_a_body_is_named(team, topic):
    made = team.part(topic, "notice.v1", notice(channels=["loa", "zalo", "loaa"]))
    [(_, text)] = team.client().publish(made)
    assert "body.channels[2]" in text and "loaa" in text and "zalo" in text


def test_secret_matter_leaves_no_byte_in_the_store(hub, team, topic):
    mark = "BI-MAT-" + os.urandom(12).hex()
    client = team.client()
    assert client.publish(team.part(topic, "notice.v1", notice(mark), label=2))[0][0] == code.SECRET
    client.say(topic, "notice.v1", notice())
    for path in hub.data.rglob("*"):
        if path.is_file():
            assert mark.encode() not in path.read_bytes(), path
    assert mark not in hub.hub.text()


def test_a_message_of_more_than_7_days_ago_is_stale(hub, topic):
    old = hub.issue(publish=[may_publish("thu/#")], not_before=part.now_ms() - 20 * DAY)
    client = old.client()
    now = part.now_ms()
    assert client.publish(old.part(topic, "notice.v1", notice(), created=now - 8 * DAY))[0][0] == code.STALE
    assert client.publish(old.part(topic, "notice.v1", notice(), created=now - 6 * DAY))[0][0] == code.DONE


def test_a_wrong_clock_is_told_both_times(team, topic):
    now = part.now_ms()
    [(found, text)] = team.client().publish(team.part(topic, "notice.v1", notice(), created=now + 10 * 60_000))
    assert found == code.STALE
    assert sum(character.isdigit() for character in text) >= 8, text


def test_a_receipt_is_never_too_old_but_may_be_too_new(hub, topic):
    old = hub.issue(publish=[], not_before=part.now_ms() - 60 * DAY)
    client, now = old.client(), part.now_ms()
    said = {"relation": part.ANSWERS, "re": part.new_id(now)}
    to = names.receipts_topic("ai.do")
    assert client.publish(old.part(to, "receipt.v1", receipt(), created=now - 30 * DAY, **said))[0][0] == code.DONE
    assert client.publish(old.part(to, "receipt.v1", receipt(), created=now + 600_000, **said))[0][0] == code.STALE


def test_a_revoked_sender_is_refused_with_20(hub, topic):
    person = hub.issue(publish=[may_publish("thu/#")])
    made = person.part(topic, "notice.v1", notice())
    sealed = person.seal(made)
    hub.revoke(person)
    carrier = hub.issue(rights=["relay"]).client()
    [(found, text)] = carrier.publish(sealed)
    assert found == code.REVOKED and text


def test_the_root_says_nothing_but_grants(hub, topic):
    made = part.make("root", topic, "notice.v1", notice())
    carrier = hub.issue(rights=["relay"]).client()
    [(found, text)] = carrier.publish(seal.seal_one(made.raw, hub.root_keys))
    assert found == code.NOT_ALLOWED and text


def test_a_store_that_cannot_write_is_32_and_the_same_is_taken_later(make_commune, topic):
    # Python ignores the signal of a file that has become too large, and so will the hub.
    commune = make_commune().start(restore_signals=False)
    person = commune.issue(publish=[may_publish("thu/#")], rights=["query"])
    client = person.client()
    client.say(topic, "notice.v1", notice())
    sealed = person.seal(person.part(topic, "notice.v1", notice("a" * 5000)))
    resource.prlimit(commune.hub.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    [(found, text)] = client.publish(sealed)
    assert found == code.STORAGE_FAILED and text
    assert len(stored(client, topic)) == 1
    resource.prlimit(commune.hub.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert client.publish(sealed)[0][0] == code.DONE
    assert len(stored(client, topic)) == 2


# Carrying for others


def test_carrying_in_what_another_sealed_needs_the_right(hub, team, reader, topic):
    sealed = team.seal(team.part(topic, "notice.v1", notice()))
    without = hub.issue(publish=[may_publish("thu/#")]).client()
    assert refused(without, sealed, reader, topic) == code.NOT_ALLOWED
    carrier = hub.issue(rights=["relay"]).client()
    assert carrier.publish(sealed)[0][0] == code.DONE
    assert stored(reader, topic) == [seal.decode(sealed).part.id]


def test_a_bundle_is_published_with_relay_and_twice_is_harmless(hub, topic, reader):
    far = hub.issue("xa.xa", publish=[may_publish("thu/#")], hand_in=False)
    said = [far.part(topic, "notice.v1", notice(f"Tin {n}.")) for n in range(5)]
    file = bundle.write([far.grant] + seal.seal([one.raw for one in said], far.identity.keys))
    carrier = hub.issue(rights=["relay"]).client()
    assert [found for found, _ in carrier.publish(*bundle.read(file))] == [code.DONE] * 6
    assert [found for found, _ in carrier.publish(*bundle.read(file))] == [code.DONE_BEFORE] * 6
    assert len(stored(reader, topic)) == 5


# Origin


def test_an_origin_seen_before_from_the_sender_under_the_topic_is_a_duplicate(hub, team, reader, topic):
    client = team.client()
    origin = f"zalo:{os.urandom(6).hex()}"
    [(_, seq)] = client.publish(team.part(topic, "notice.v1", notice(), origin=origin))
    assert client.publish(team.part(topic, "notice.v1", notice("Lần nữa."), origin=origin)) == [(code.DONE_BEFORE, seq)]
    assert len(stored(reader, topic)) == 1
    assert client.publish(team.part(topic + "/khac", "notice.v1", notice(), origin=origin))[0][0] == code.DONE
    other = hub.issue(publish=[may_publish("thu/#")])
    assert other.client().publish(other.part(topic, "notice.v1", notice(), origin=origin))[0][0] == code.DONE


def test_an_origin_twice_in_one_publish_is_stored_once(team, reader, topic):
    origin = f"zalo:{os.urandom(6).hex()}"
    parts = [team.part(topic, "notice.v1", notice(f"Tin {n}."), origin=origin) for n in range(3)]
    answers = team.client().publish(*parts)
    assert [found for found, _ in answers] == [code.DONE, code.DONE_BEFORE, code.DONE_BEFORE]
    assert len({seq for _, seq in answers}) == 1 and len(stored(reader, topic)) == 1


def test_a_message_that_comes_back_is_a_duplicate_wherever(hub, team, topic):
    made = team.part(topic, "notice.v1", notice())
    [(_, seq)] = team.client().publish(made)
    bridge = hub.issue(publish=[may_publish("thu/#")])
    back = bridge.part(topic + "/nguoc", "notice.v1", notice(), origin="lt:" + made.id.hex())
    assert bridge.client().publish(back) == [(code.DONE_BEFORE, seq)]


def test_an_lt_origin_of_a_message_that_is_not_here_is_no_duplicate(team, topic):
    made = team.part(topic, "notice.v1", notice(), origin="lt:" + part.new_id(part.now_ms()).hex())
    assert team.client().publish(made)[0][0] == code.DONE


def test_origins_are_remembered_over_a_restart(commune, topic):
    person = commune.issue(publish=[may_publish("thu/#")])
    first = person.part(topic, "notice.v1", notice(), origin="zalo:abc")
    [(_, seq)] = person.client().publish(first)
    commune.restart()
    client = person.client()
    assert client.publish(person.part(topic, "notice.v1", notice(), origin="zalo:abc")) == [(1, seq)]
    back = person.part(topic, "notice.v1", notice(), origin="lt:" + first.id.hex())
    assert client.publish(back) == [(1, seq)]


# Sizes


def test_more_than_256_messages_are_17_for_each(team, reader, topic):
    sealed = [team.seal(team.part(topic, "notice.v1", notice())) for _ in range(257)]
    answers = team.client().publish(*sealed)
    assert [found for found, _ in answers] == [code.TOO_LARGE] * 257 and answers[0][1]
    assert stored(reader, topic) == []


def test_more_than_4_mib_are_17_for_each(team, reader, topic):
    sealed = [bytes(250_000)] * 17
    assert [found for found, _ in team.client().publish(*sealed)] == [code.TOO_LARGE] * 17


def test_a_publish_of_nothing_is_16(team):
    client = team.client()
    client.send([op.PUBLISH, "nothing"])
    frame = client.wait(op.PUBLISHED, op.BYE)
    told = frame.head[1] if frame.op == op.BYE else frame.head[2][0][0]
    assert told == code.MALFORMED


def test_a_message_above_the_limit_is_17(team, reader, topic):
    client = team.client()
    body = pack.packb(notice("a" * 300_000))
    assert refused(client, team.part(topic, "notice.v1", body), reader, topic) == code.TOO_LARGE


def test_a_message_just_below_the_limit_is_taken(team, topic):
    long = "ấ" * 20_000
    body = notice(long, translations=[{"lang": "km", "text": long} for _ in range(3)])
    made = team.part(topic, "notice.v1", body)
    assert 240_000 < len(made.raw) < 262_000
    assert team.client().publish(made)[0][0] == code.DONE


def test_an_alert_that_ends_in_time_is_taken(team, topic):
    team.client().say(topic, "alert.v1", alert(), expires=part.now_ms() + DAY, priority=2)


def test_a_cancellation_may_be_empty_whatever_its_type(team, topic):
    client = team.client()
    made = client.say(topic, "alert.v1", alert(), expires=part.now_ms() + DAY)
    client.say(topic, "alert.v1", {}, relation=part.CANCELS, re=made.id, expires=part.now_ms() + DAY)
    [(found, text)] = client.publish(team.part(topic, "notice.v1", {}))
    assert found == code.BODY_WRONG and "text" in text


def test_answers_come_in_the_order_of_the_sender(team, topic):
    client = team.client()
    refs = [client.send_publish([team.part(topic, "notice.v1", notice(f"Tin {n}."))]) for n in range(200)]
    seqs = [client.published(ref)[0][1] for ref in refs]
    assert seqs == sorted(seqs)


def test_a_client_without_hello_again_after_bye_stores_nothing(team, reader, topic):
    client = team.client()
    client.send([op.BYE, 0, ""])
    client.send_publish([team.part(topic, "notice.v1", notice())])
    answer = client.wait(op.BYE, op.PUBLISHED)
    assert (answer.head[1] if answer.op == op.BYE else answer.head[2][0][0]) == code.HELLO_FIRST
    assert stored(reader, topic) == []


def test_refused_carries_its_code(team, topic):
    with pytest.raises(Refused) as refusal:
        team.client().say("khac/tin", "notice.v1", notice())
    assert refusal.value.code == code.NOT_ALLOWED
