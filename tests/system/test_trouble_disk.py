"""The hub on a full disk: it lives, says so, keeps what it confirmed and nothing that it refused, and goes on when there
is room again."""

import random
import shutil

import pytest
from bodies import notice
from harness import HOUR, may_publish, may_subscribe, wait_until
from loa import Speaker
from talk import refuse, roster, take
from test_client_lib import drive  # noqa: F401
from test_speaker import Desk

from lienthon import Refused, code, part, seal
from lienthon.pack import packb

MIB = 1 << 20
TOPIC = "thu/day/thong-bao"


def commune_on(disk, make_commune, reserve):
    return make_commune(data=str(disk.path / "hub"), limits={"reserve": reserve}).start()


def people(commune):
    team = commune.issue(publish=[may_publish("thu/#", "$lt/receipts/#", max_priority=3)], rights=["query"])
    return team, commune.issue(subscribe=[may_subscribe("thu/#")], publish=[may_publish("$lt/receipts/#")],
                               rights=["query"])


def try_to_say(client, text="Tin.", **fields):
    """(code, seq or sentence)"""
    if fields.get("priority") == 3:
        fields.setdefault("expires", part.now_ms() + HOUR)
    [answer] = client.publish(part.make(client.identity.principal, TOPIC, "notice.v1", notice(text), **fields))
    return answer


def until_it_answers(client, wanted, what, hub, **fields):
    def answered():
        found = try_to_say(client, **fields)
        return found[0] == wanted and found

    return wait_until(answered, what, watch=hub)


def test_the_reserve_is_kept_for_what_is_urgent(small_disk, make_commune):
    disk = small_disk(32)
    commune = commune_on(disk, make_commune, reserve=6 * MIB)
    team, listener = people(commune)
    other = commune.issue(publish=[may_publish("thu/#")])
    sender, reader = team.client(), listener.client()
    reader.subscribe(TOPIC, durable="loa", sid="loa")
    made = sender.say(TOPIC, "notice.v1", notice("Trước."), flags=part.RECEIPT)
    before = reader.next("loa")
    disk.fill(leave=4 * MIB)
    _, said = until_it_answers(sender, code.STORAGE_FAILED, "an ordinary message is refused", commune.hub)
    assert "MiB left" in said and "make room" in said
    wait_until(lambda: "disk nearly full" in commune.hub.text(), "the log says so")

    # Who says it with the command reads why, at once; it is kept and leaves once there is room.
    said = commune.lienthon("notice", "Chờ.", "--to", "an-thuong", "--wait", "300", status=4, timeout=30)
    assert "MiB left" in said.stderr and "make room" in said.stderr and "it is kept" in said.stderr
    kept = said.stdout.strip()

    # What is urgent is taken and delivered, acknowledgements are kept, rights can be taken back.
    assert try_to_say(sender, "Nước dâng.", priority=3)[0] == code.DONE
    while reader.next("loa").part.priority != 3:
        pass  # ordinary ones that came before the hub had looked at its disk
    reader.ack(before)
    wait_until(lambda: list(roster(sender, made).values()) == ["done"], "the ACK is kept", watch=commune.hub)
    reader.say("$lt/receipts/" + team.name.replace(".", "/"), "receipt.v1",
               {"outcome": "done", "target": "loa", "at": part.now_ms()}, relation=part.ANSWERS, re=made.id)
    sender.say(TOPIC, "notice.v1", notice("Thôi."), relation=part.CANCELS, re=made.id)
    commune.revoke(other)
    with pytest.raises(Refused) as refusal:
        sender.put(b"x" * 4096)
    assert refusal.value.code == code.STORAGE_FAILED and "make room" in refusal.value.text

    # Room again, and it goes on, on the same connections.
    disk.make_room()
    until_it_answers(sender, code.DONE, "ordinary messages are taken again", commune.hub)
    commune.lienthon("notice", "Sau.", "--to", "an-thuong")
    assert kept in commune.lienthon("history", "an-thanh-1/#").stdout
    sender.put(b"x" * 4096)
    wait_until(lambda: "disk has room again" in commune.hub.text(), "the log says so")
    commune.restart()


def test_a_full_disk_refuses_whole_messages_and_loses_none_that_was_confirmed(small_disk, make_commune):
    disk = small_disk(24)
    commune = commune_on(disk, make_commune, reserve=0)
    team, listener = people(commune)
    sender, reader = team.client(), listener.client()
    reader.subscribe(TOPIC, durable="loa", sid="loa", credit=1000)
    chance, confirmed, refused, sentences = random.Random(7), {}, set(), set()

    def publish():
        parts = [part.make(team.name, TOPIC, "notice.v1", notice("Tin. " + "x" * chance.randrange(100, 4000)))
                 for _ in range(chance.randrange(1, 20))]
        answers = sender.publish(*parts)
        for made, (found, value) in zip(parts, answers):
            if found == code.DONE:
                confirmed[made.id] = value
            else:
                assert found == code.STORAGE_FAILED
                refused.add(made.id)
                sentences.add(value)
        assert len({found for found, _ in answers}) == 1, "a group is taken whole or not at all"
        return found

    for _ in range(5):
        assert publish() == code.DONE
    disk.fill()
    wait_until(lambda: publish() == code.STORAGE_FAILED, "the disk is full", watch=commune.hub)
    for _ in range(5):
        publish()
    assert all("disk is full" in said and "make room" in said for said in sentences), sentences

    # It still serves what is there, and says of what it cannot store that it could not.
    assert len(take(reader, 5)) == 5
    assert sender.query("stats")["messages"] >= len(confirmed)
    assert refuse(listener.client(), TOPIC, durable="khac") == code.STORAGE_FAILED
    with pytest.raises(Refused) as refusal:
        sender.put(b"y" * 200_000)
    assert refusal.value.code == code.STORAGE_FAILED
    assert commune.hub.text().count("store failed") == 1, "one line, however often it fails"

    disk.make_room()
    wait_until(lambda: publish() == code.DONE, "it goes on without a restart", watch=commune.hub)
    wait_until(lambda: "store takes writes again" in commune.hub.text(), "the log says so")
    for _ in range(5):
        assert publish() == code.DONE
    commune.restart()
    assert stored(listener, len(confirmed)) == confirmed
    assert not refused & set(confirmed)


def stored(person, count):
    """id → seq of all that the hub has under the topic."""
    client, found = person.client(), {}
    waiting = client.subscribe(TOPIC, sid="all", from_="all", credit=1000)
    assert waiting == count
    for _ in range(count):
        delivery = client.next("all")
        client.ack(delivery)
        made = seal.decode(delivery.raw).part
        assert made.id not in found
        found[made.id] = delivery.seq
    return found


def test_power_loss_takes_nothing_that_was_confirmed(small_disk, make_commune):
    disk = small_disk(32)
    commune = commune_on(disk, make_commune, reserve=0)
    team, listener = people(commune)
    sender, confirmed = team.client(), {}
    for _ in range(3):
        for _ in range(20):
            parts = [part.make(team.name, TOPIC, "notice.v1", notice(f"Tin {n}.")) for n in range(20)]
            for made, (found, seq) in zip(parts, sender.publish(*parts)):
                assert found == code.DONE
                confirmed[made.id] = seq
        # Some are on their way when the power goes.
        sender.send_publish([part.make(team.name, TOPIC, "notice.v1", notice("dở"))])
        disk.cut_power()
        commune.kill()
        sender.unconfirmed.clear()
        disk.unmount()
        disk.mount()
        commune.start()
        sender.watch = sender.link_options["watch"] = commune.hub.pidfd
        sender.reconnect()
    client = listener.client()
    waiting = client.subscribe(TOPIC, sid="all", from_="all", credit=1000)
    found = {}
    for _ in range(waiting):
        delivery = client.next("all")
        client.ack(delivery)
        found[seal.decode(delivery.raw).part.id] = delivery.seq
    assert {id: found.get(id) for id in confirmed} == confirmed
    assert len(found) <= len(confirmed) + 3


def test_a_client_on_a_full_disk_says_so_and_loses_nothing_that_it_accepted(small_disk, make_commune, drive):  # noqa: F811
    disk = small_disk(16)
    commune = make_commune().start()
    team, listener = people(commune)
    reader = listener.client()
    reader.subscribe(TOPIC, durable="loa", sid="loa", credit=1000)
    driver = drive(commune, team, LIENTHON_STATE=str(disk.path / "state"))
    driver.expect("up")
    commune.stop()  # so that all stays in the outbox
    accepted = [driver.publish(TOPIC, f"Tin {n}.")[1] for n in range(5)]
    disk.fill()
    body = packb(notice("x" * 8000)).hex()
    said = ""
    for _ in range(200):
        found, _, printed, text = driver.do("publish", TOPIC, "notice.v1", 0, 0, 0, body)
        if found:
            said = text
            break
        accepted.append(bytes.fromhex(printed[0].split()[1].replace("-", "")))
    assert "outbox" in said and "make room on the disk" in said, said
    assert driver.do("publish", TOPIC, "notice.v1", 0, 0, 0, body)[0] == found, "and it lives"
    disk.make_room()
    accepted += [driver.publish(TOPIC, f"Sau {n}.")[1] for n in range(5)]
    driver.kill()
    commune.start()
    driver = drive(commune, team, LIENTHON_STATE=str(disk.path / "state"))
    for _ in accepted:
        assert driver.expect("published").code == code.DONE
    reader = listener.client()
    reader.subscribe(TOPIC, durable="loa", sid="loa", credit=1000)
    assert [got.part.id for got in take(reader, len(accepted), "loa")] == accepted
    driver.quit()


def test_a_bridge_on_a_full_disk_reports_and_acknowledges_when_there_is_room_and_does_nothing_twice(small_disk, make_commune):
    disk = small_disk(16)
    commune = make_commune(limits={"joins": 1000}).start()
    desk = Desk(commune)
    loa = Speaker(commune, "loa.an-thuong.01").start()
    desk.until(desk.post("Trước."), "done")
    loa.stop()
    state = commune.dir / "state" / loa.name
    shutil.move(state, disk.path / "state")
    state.symlink_to(disk.path / "state")
    loa.start()
    disk.fill()
    posted = desk.post("Đĩa đầy.")
    loa.wait_for_sound(posted.id)  # it is heard all the same
    loa.wait_for_log("make room on the disk")
    assert set(roster(desk.client, posted).values()) == {"delivered"}
    disk.make_room()
    desk.until(posted, "done")
    wait_until(lambda: set(roster(desk.client, posted).values()) == {"done"}, "acknowledged", watch=commune.hub)
    loa.stop()
    loa.start()
    desk.until(desk.post("Sau đó."), "done")
    assert len(loa.sounds()) == 3, "each was said once"
    loa.stop()
