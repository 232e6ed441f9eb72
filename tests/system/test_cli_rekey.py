"""Keys of the hub that change: that of its seals (`lienthon rekey hub`), and that of its connection."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import msgpack
import pytest
import yaml

from bodies import notice
from harness import BIN, DAY, Process, b64, may_publish, run, unb64, wait_until
from lienthon import Book, Client, Identity, Keys, part, seal


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


def test_new_keys_hold_as_long_again_as_the_old_ones_were_given_for(commune):
    def ends(name):
        told = json.loads(commune.lienthon("grants", "--json").stdout)
        return next(one["expires"] for one in told if one["principal"] == name)

    now = part.now_ms()
    for name, types in (("hub", ["time.v1"]), ("van-phong", ["*"])):
        scope = {"principals": ["**"], "publish": [], "subscribe": [], "rights": [], "max_expires": now + 9 * DAY}
        commune.issue(name, commune.identity(name), serial=now + 1, not_before=now - 356 * DAY, expires=now + 9 * DAY,
                      publish=[may_publish("$lt/time" if name == "hub" else "an-thanh-1/#", types=types)],
                      **({} if name == "hub" else {"rights": ["query", "relay", "grant"], "scope": scope}))
        assert ends(name) == now + 9 * DAY
    commune.lienthon("rekey", "hub")
    assert now + 364 * DAY < ends("hub") < now + 366 * DAY
    commune.restart()
    commune.lienthon("rekey", "van-phong")
    assert now + 364 * DAY < ends("van-phong") < now + 366 * DAY
    # And what the office may give lasts longer by as much.
    [told] = [json.loads(line) for line in commune.lienthon("last", "$lt/grants/van-phong", "--json").stdout.splitlines()]
    assert now + 364 * DAY < told["body"]["scope"]["max_expires"] < now + 366 * DAY


def broken_off(commune, name, elsewhere):
    """As a power cut leaves it once the hub has the new grant: the new keys are not in use yet. (A key on another disk
    cannot be put in its place by a rename, so there the command ends.)"""
    identity = commune.dir / ("identity.yaml" if name == "van-phong" else f"identities/{name}.yaml")
    text = identity.read_text(encoding="utf-8")
    key = elsewhere / f"{name}.seed"
    shutil.copy(commune.dir / "keys" / f"{name}.seed", key)
    identity.write_text(text.replace(f"keys/{name}.seed", str(key)), encoding="utf-8")
    assert "cannot become" in commune.lienthon("rekey", name, status=1).stderr
    identity.write_text(text, encoding="utf-8")
    assert (commune.dir / "keys" / f"{name}.next.seed").exists()


@pytest.fixture
def other_disk(tmp_path):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as made:
        if os.stat(made).st_dev == os.stat(tmp_path).st_dev:
            pytest.skip("/dev/shm is on the disk of the tests")
        yield Path(made)


@pytest.mark.parametrize("first_file", [None, "seed"])
def test_new_keys_that_were_broken_off_are_taken_up_by_the_next(commune, tmp_path, other_disk, first_file):
    """The office that the hub lets in no more, and all that it had given, come back by the same command."""
    code = json.loads(commune.lienthon("invite", "to-so.an-thuong", "--role", "hamlet-team", "--hamlet", "an-thuong",
                                       "--json").stdout)["code"]
    run(BIN / "lienthon", "join", code, "-C", tmp_path / "to")
    old = commune.identity("van-phong")
    broken_off(commune, "van-phong", other_disk)
    if first_file:  # or between the two files
        (commune.dir / "keys" / "van-phong.next.seed").rename(commune.dir / "keys" / "van-phong.seed")
    commune.lienthon("grants", status=1)
    run(BIN / "lienthon", "grants", "-C", tmp_path / "to", status=1)
    said = json.loads(commune.lienthon("rekey", "van-phong", "--json").stdout)
    assert said["resumed"] is True and said["issued_again"] >= 1
    fresh = commune.identity("van-phong")
    assert fresh.keys.public != old.keys.public and fresh.curve_public != old.curve_public
    assert "to-so.an-thuong" in commune.lienthon("grants").stdout
    run(BIN / "lienthon", "notice", "Vẫn nói được.", "--to", "an-thuong", "-C", tmp_path / "to")
    assert not list((commune.dir / "keys").glob("*.next.*"))
    assert not (commune.dir / "state" / "van-phong" / "rekey.ltb").exists()
    commune.restart()
    again = json.loads(commune.lienthon("rekey", "van-phong", "--json").stdout)
    assert again["resumed"] is False and commune.identity("van-phong").keys.public != fresh.keys.public


def test_new_keys_of_which_the_hub_has_not_heard_are_made_anew(commune, tmp_path, other_disk):
    commune.stop()
    shutil.copytree(commune.data, tmp_path / "kho")
    shutil.copy(commune.dir / "grants.ltb", tmp_path)
    commune.start()
    commune.close_clients()
    broken_off(commune, "van-phong", other_disk)
    lost = Keys.from_seed(unb64((commune.dir / "keys" / "van-phong.next.seed").read_text()))
    commune.stop()
    shutil.rmtree(commune.data)  # as if it had been told nothing
    shutil.copytree(tmp_path / "kho", commune.data)
    (commune.dir / "grants.ltb").write_bytes((tmp_path / "grants.ltb").read_bytes())
    commune.start()
    assert json.loads(commune.lienthon("rekey", "van-phong", "--json").stdout)["resumed"] is False
    assert commune.identity("van-phong").keys.public != lost.public
    assert "van-phong" in commune.lienthon("grants").stdout


def test_the_hubs_new_seal_that_was_broken_off_is_taken_up(commune, other_disk):
    old = commune.identity("hub")
    broken_off(commune, "hub", other_disk)
    said = json.loads(commune.lienthon("rekey", "hub", "--json").stdout)
    fresh = commune.identity("hub")
    assert said["resumed"] is True and said["restart"] is True
    assert fresh.keys.public != old.keys.public and fresh.curve_public == old.curve_public
    commune.restart()
    assert "an earlier one" not in commune.lienthon("rekey", "hub").stdout


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


def give_hub(commune, fresh):
    """Seals the hub's grant again with a new key of its connection, and hands it in."""
    listener = commune.issue(subscribe=[]).client()
    listener.subscribe(["$lt/grants/hub"], from_="retained")
    body = dict(msgpack.unpackb(listener.next().part.body), curve=fresh.curve_public, serial=part.now_ms())
    commune.hand_in(commune.seal_grant(body))


def test_the_python_client_takes_the_key_in_the_hubs_grant_in_force(commune):
    person = commune.issue(publish=[may_publish("thu/#")])
    book, old = Book(commune.root), commune.hub_curve
    client = person.client(book=book)
    fresh = Identity.generate("hub")
    give_hub(commune, fresh)
    client.say("thu/a/thong-bao", "notice.v1", notice())
    wait_until(lambda: client.pump(0.05) or client.hub_keys() == [fresh.curve_public, old], "it hears of the new key")
    # The hub has the old one still: that is tried too.
    client.reconnect()
    client.say("thu/a/thong-bao", "notice.v1", notice())
    commune.stop()
    (commune.dir / "keys" / "hub.curve").write_text(b64(fresh.curve_secret) + "\n")
    config = commune.config
    config["hub"]["curve"] = b64(fresh.curve_public)
    (commune.dir / "commune.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    commune.start()
    client.watch = client.link_options["watch"] = commune.hub.pidfd
    client.reconnect()
    client.say("thu/a/thong-bao", "notice.v1", notice())
    client.close()
    # So does one that begins again with the key of old and the grants that it has kept; without them there is no way in.
    with Client(commune.url, old, person.identity, book=book, hub="hub", watch=commune.hub.pidfd) as again:
        again.say("thu/a/thong-bao", "notice.v1", notice())
    with Client(commune.url, old, person.identity, hello=False, events=True, watch=commune.hub.pidfd) as without:
        assert not without.handshake()


def test_the_python_client_takes_no_hub_key_of_somebody_who_may_say_everything(commune):
    wide = commune.issue("ai.do", publish=[may_publish("#", "$lt/#")])
    book = Book(commune.root)
    book.learn(wide.grant)
    person = commune.issue()
    client = person.client(book=book, hub="ai.do", hello=False)
    assert client.hub_keys() == [commune.hub_curve]


def join(commune, folder, name, role, *args):
    code = json.loads(commune.lienthon("invite", name, "--role", role, *args, "--json").stdout)["code"]
    run(BIN / "lienthon", "join", code, "-C", folder)
    return folder


def new_connection_key(commune, *args):
    return json.loads(commune.lienthon("rekey", "hub", "--connection", "--yes", "--json", *args).stdout)


def test_the_hub_gets_a_new_connection_key_and_who_was_there_goes_on(commune, tmp_path):
    there = join(commune, tmp_path / "to", "to-so.an-thuong", "hamlet-team", "--hamlet", "an-thuong")
    away = join(commune, tmp_path / "vang", "to-so.an-lac", "hamlet-team", "--hamlet", "an-lac")
    folder = join(commune, tmp_path / "loa", "loa.an-thuong.01", "speaker", "--hamlet", "an-thuong")
    (folder / "bridges").mkdir()
    (folder / "bridges" / "loa.yaml").write_text("bridge: speaker\noptions:\n  output: file\n  programme: no\n  folder: sound\n")
    loa = Process([BIN / "lienthon-bridge", "loa", "-C", folder], tmp_path)
    wait_until(lambda: "loa.an-thuong.01" in commune.lienthon("last", "an-thanh-1/suc-khoe/#").stdout, "the speaker",
               watch=loa)
    follower = Process([BIN / "lienthon", "sub", "an-thanh-1/an-thuong/thong-bao", "--durable", "theo", "--json", "-C",
                        there], tmp_path)
    old = commune.hub_curve
    commune.lienthon("invite", "loa.an-thuong.mo", "--role", "speaker", "--hamlet", "an-thuong")

    said = new_connection_key(commune)
    assert said == {"rekeyed": "hub", "issued_again": 0, "restart": True, "invitations": 1}
    assert commune.hub_curve != old
    # Until the hub's next start its doors have the old key: in this folder, elsewhere, and for who joins only now.
    commune.lienthon("grants")
    run(BIN / "lienthon", "notice", "Trước.", "--to", "an-thuong", "-C", there)
    late = join(commune, tmp_path / "muon", "to-so.an-hoa", "hamlet-team", "--hamlet", "an-hoa")
    commune.restart()

    # From now on only the new one opens.
    commune.lienthon("grants")
    commune.lienthon("notice", "Sau.", "--to", "an-thuong", "--via", "loa")
    run(BIN / "lienthon", "notice", "Sau.", "--to", "an-thuong", "-C", there)
    wait_until(lambda: follower.text().count("Sau.") >= 2, "the follower to go on", watch=follower)
    run(BIN / "lienthon", "grants", "-C", late)
    wait_until(lambda: list((folder / "sound").rglob("*.wav")), "the speaker to speak", watch=loa)
    assert "a new invitation" in run(BIN / "lienthon", "grants", "-C", away, status=1).stderr
    join(commune, tmp_path / "moi", "to-so.moi", "hamlet-team", "--hamlet", "an-hoa")
    # A second change, now that everybody is there.
    run(BIN / "lienthon", "grants", "-C", late)
    new_connection_key(commune)
    commune.restart()
    run(BIN / "lienthon", "grants", "-C", there)
    follower.stop()
    loa.stop()


def test_what_is_written_beside_the_hubs_key_stays(commune):
    path = commune.dir / "commune.yaml"
    path.write_text("# Của văn phòng xã\n" + path.read_text())
    before = path.read_text()
    old = b64(commune.hub_curve)
    new_connection_key(commune)
    assert path.read_text() == before.replace(old, b64(commune.hub_curve))


def test_a_new_connection_key_is_asked_for_twice(commune):
    files = {path: path.read_bytes() for path in commune.dir.rglob("keys/*")}
    found = commune.lienthon("rekey", "hub", "--connection", status=2)
    assert "locked out" in found.stderr and "--yes" in found.stderr
    assert "--connection is for the hub" in commune.lienthon("rekey", "van-phong", "--connection", "--yes", status=2).stderr
    assert files == {path: path.read_bytes() for path in commune.dir.rglob("keys/*")}
