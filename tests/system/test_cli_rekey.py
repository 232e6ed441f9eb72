"""`lienthon rekey`: the hub's new key for its seals."""

import json

from lienthon import part, seal


def told_time(client, since):
    """The first time told after `since`, as its sealed message."""
    while True:
        delivery = client.next()
        client.ack(delivery)
        if delivery.part.created > since:
            return delivery.sealed


def test_the_hub_gets_a_new_key_for_its_seals_and_nobody_is_locked_out(commune):
    old = commune.identity("hub")
    listener = commune.issue(subscribe=[]).client()
    listener.subscribe(["$lt/grants/#"], from_="new")
    said = json.loads(commune.lienthon("rekey", "hub", "--json").stdout)
    assert said["rekeyed"] == "hub"
    # Who was there has heard of it before the hub is started again.
    heard = listener.next()
    assert heard.part.topic == "$lt/grants/hub"
    fresh = commune.identity("hub")
    assert fresh.keys.public != old.keys.public
    assert fresh.curve_public == old.curve_public == commune.hub_curve
    assert fresh.keys.public in heard.part.body
    # What the old key seals is the hub's no more.
    wrong = part.make("hub", "$lt/time", "time.v1", {"now": part.now_ms(), "size": 0, "root": bytes(32)}, flags=1)
    [(code, text)] = commune.office.publish(seal.seal_one(wrong.raw, old.keys))
    assert code == 18 and text
    since = part.now_ms()
    commune.restart()
    commune.lienthon("grants")
    again = commune.office
    again.subscribe(["$lt/time"], from_="retained")
    assert told_time(again, since)
    assert "time not told" not in commune.hub.text()


def test_the_hubs_new_key_is_said_to_want_a_restart(commune):
    said = commune.lienthon("rekey", "hub").stdout
    assert "restart" in said and "nobody needs a new invitation" in said
    commune.restart()
    assert "van-phong" in commune.lienthon("grants").stdout
    assert not list((commune.dir / "keys").glob("*.next.*"))
