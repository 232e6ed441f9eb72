"""Keys of the hub that change: that of its seals (`lienthon rekey hub`), and that of its connection."""

import json

import msgpack
import yaml

from harness import BIN, b64, run
from lienthon import Identity, part, seal


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


def test_who_has_heard_of_the_hubs_new_connection_key_gets_in_with_it(commune, tmp_path):
    folder = tmp_path / "to"
    code = json.loads(commune.lienthon("invite", "to-so.an-thuong", "--role", "hamlet-team", "--hamlet", "an-thuong",
                                       "--json").stdout)["code"]
    run(BIN / "lienthon", "join", code, "-C", folder)
    listener = commune.issue(subscribe=[]).client()
    listener.subscribe(["$lt/grants/hub"], from_="retained")
    fresh = Identity.generate("hub")
    body = dict(msgpack.unpackb(listener.next().part.body), curve=fresh.curve_public, serial=part.now_ms())
    commune.hand_in(commune.seal_grant(body))
    # It hears of the key while the hub has the old one still.
    run(BIN / "lienthon", "notice", "Trước.", "--to", "an-thuong", "-C", folder)
    commune.stop()
    path = commune.dir / "keys" / "hub.curve"
    path.write_text(b64(fresh.curve_secret) + "\n")
    config = commune.config
    config["hub"]["curve"] = b64(fresh.curve_public)
    (commune.dir / "commune.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    commune.start()
    assert b64(fresh.curve_public) not in (folder / "identity.yaml").read_text()
    run(BIN / "lienthon", "notice", "Sau.", "--to", "an-thuong", "-C", folder)
