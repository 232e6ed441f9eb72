"""A commune's folder, made without the command."""

import os

import yaml
from harness import DAY, b64, may_publish, may_subscribe

import lienthon
from lienthon import Identity, Keys, grant, part, seal


def save(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(b64(data) + "\n")
    os.chmod(path, 0o600)


def init(commune):
    dir = commune.dir
    root = os.urandom(32)
    save(dir / "keys" / "root.seed", root)
    root_keys = Keys.from_seed(root)
    xa = "an-thanh-1"
    now = part.now_ms()
    grants, people = [], {}
    for name, publish, subscribe, rights, scope in (
        ("hub", [may_publish("$lt/time", types=["time.v1"], max_priority=0)], [], [], None),
        ("van-phong", [may_publish(xa + "/#")], [may_subscribe(xa + "/#")], ["query", "relay", "grant"],
         {"principals": ["**"], "publish": [may_publish(xa + "/#")], "subscribe": [may_subscribe(xa + "/#")],
          "rights": ["query", "relay", "enrol"], "max_expires": now + 1000 * DAY}),
    ):
        seed, curve = os.urandom(32), os.urandom(32)
        save(dir / "keys" / f"{name}.seed", seed)
        save(dir / "keys" / f"{name}.curve", curve)
        people[name] = Identity(name, Keys.from_seed(seed), curve)
        body = grant.make_body(name, people[name].keys.public, people[name].curve_public, serial=now,
                               not_before=now - DAY, expires=now + 1000 * DAY, publish=publish,
                               subscribe=subscribe, rights=rights, scope=scope)
        grants.append(seal.seal_one(grant.make("root", body).raw, root_keys))
    (dir / "grants.ltb").write_bytes(lienthon.bundle.write(grants))
    hub_curve = b64(people["hub"].curve_public)
    config = {"name": commune.NAME, "xa": xa, "root": b64(root_keys.public), "hamlets": commune.HAMLETS,
              "hub": {"principal": "hub", "curve": hub_curve, "listen": "tcp://127.0.0.1:1", "join": "tcp://127.0.0.1:2",
                      "data": "data/hub"}}
    (dir / "commune.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    (dir / "identities").mkdir()
    for name in people:
        identity = {"principal": name, "commune": commune.NAME, "xa": xa, "hub": "tcp://127.0.0.1:1",
                    "hub-principal": "hub", "hub-curve": hub_curve, "root": b64(root_keys.public),
                    "seed": f"keys/{name}.seed", "curve": f"keys/{name}.curve", "grants": "grants.ltb",
                    "state": f"data/{name}"}
        path = dir / "identity.yaml" if name == "van-phong" else dir / "identities" / f"{name}.yaml"
        path.write_text(yaml.safe_dump(identity, allow_unicode=True))
