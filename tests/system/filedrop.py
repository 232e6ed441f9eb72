"""A folder for the system tests, joined to a hub by the bridge of that name."""

import json

import yaml

from harness import BIN, Process, wait_until


class Folder:
    """bridge.<name> with its bridge: received/, send/ and sent/ as a program of the far side sees them."""

    def __init__(self, commune, name, path, hamlet="an-thuong", **settings):
        self.commune, self.name, self.path = commune, name, path
        self.process = None
        if not (commune.dir / "identities" / f"bridge.{name}.yaml").exists():
            made = commune.lienthon("invite", f"bridge.{name}", "--role", "file-drop", "--hamlet", hamlet, "--json")
            commune.lienthon("join", "-", input=json.loads(made.stdout)["code"])
        self.configure(**settings)

    @property
    def file(self):
        return self.commune.dir / "bridges" / f"{self.name}.yaml"

    @property
    def principal(self):
        return f"bridge.{self.name}"

    def configure(self, **settings):
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(yaml.safe_dump({"bridge": "filedrop", "identity": self.principal, **settings,
                                             "options": {"folder": str(self.path)}}))

    def start(self, until="subscribed target=", **popen):
        self.process = Process([BIN / "lienthon-bridge", self.name, "-C", self.commune.dir], self.commune.dir, **popen)
        self.wait_for_log(until)
        return self

    def wait_for_log(self, text):
        wait_until(lambda: text in self.process.text(), f"'{text}' in the bridge's log", watch=self.process)

    def drop(self, name, message, whole=True):
        """As a careful program does it: under another name first. Or, not whole, as a careless one."""
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        path = self.path / "send" / name
        if not whole:
            path.write_text(text)
            return path
        beside = path.with_name(f".{name}")
        beside.write_text(text)
        return beside.rename(path)

    def received(self):
        return [json.loads(path.read_text()) for path in sorted((self.path / "received").glob("*.json"))]

    def sent(self):
        return sorted((self.path / "sent").iterdir())

    def wait_for(self, condition, what):
        return wait_until(condition, what, watch=self.process)

    def wait_for_error(self, name, holding=""):
        path = self.path / "send" / f"{name}.error"
        self.wait_for(lambda: path.exists() and holding in path.read_text(), f"{name}.error with '{holding}'")
        return path.read_text()


def dead_of(hub, folder):
    """Its dead letters, as the office sees them."""
    rows = map(json.loads, hub.lienthon("dead", "list", "--json").stdout.splitlines())
    return [row for row in rows if row["principal"] == folder.principal]
