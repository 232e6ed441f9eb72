"""Bridges that are programs, for the system tests: put into a folder of bridges, run as an instance of a commune's hub."""

import json
import os

import yaml

from harness import BIN, Process, environment, run, wait_until

RAW = '''#!/usr/bin/python3
"""Speaks the lines of PROGRAMS.md itself, and does what each test's part says."""
import json, os, signal, sys, time

def say(**line):
    sys.stdout.write(json.dumps(line) + "\\n")
    sys.stdout.flush()

ABOUT = dict(say="describe", version=1, about="a bridge of the tests", types=["notice.v1"],
             options=[dict(name="folder", kind="text", required=True, help="where it writes")])
def note(text):
    with open(os.path.join(options["folder"], "notes"), "a") as file:
        file.write(text + "\\n")

def settle(line, outcome="done", **more):
    say(say="settle", delivery=line["delivery"], outcome=outcome, **more)

def on_open(line):
    say(say="opened")
def on_deliver(line):
    settle(line)
def on_other(line):
    pass
def on_close(line):
    sys.exit(0)
def on_ping(line):
    say(say="pong")
@PART@
for text in iter(sys.stdin.readline, ""):
    line = json.loads(text)
    do = line["do"]
    if do == "describe":
        say(**ABOUT)
        continue
    if do == "open":
        options = line["options"]
        note("open %d" % os.getpid())
    {"open": on_open, "deliver": on_deliver, "ping": on_ping, "close": on_close}.get(do, on_other)(line)
'''


class Programs:
    """A folder of bridges that LIENTHON_BRIDGES names."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def put(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def raw(self, name, part="", **about):
        changes = f"ABOUT.update({about!r})\n"
        return self.put(name, RAW.replace("@PART@", changes + part))

    @property
    def env(self):
        return environment(LIENTHON_BRIDGES=str(self.folder))

    def host(self, *words, **options):
        return run(BIN / "lienthon-bridge", *words, env=self.env, **options)


class Instance:
    """bridges/NAME.yaml of a commune, for the bridge of that name, and its running host."""

    def __init__(self, commune, programs, name, folder, role="file-drop", hamlet="an-thuong", **settings):
        self.commune, self.programs, self.name, self.folder = commune, programs, name, folder
        folder.mkdir(exist_ok=True)
        self.principal = f"bridge.{name}"
        if not (commune.dir / "identities" / f"{self.principal}.yaml").exists():
            made = commune.lienthon("invite", self.principal, "--role", role, "--hamlet", hamlet, "--json")
            commune.lienthon("join", "-", input=json.loads(made.stdout)["code"])
        self.file = commune.dir / "bridges" / f"{name}.yaml"
        self.file.parent.mkdir(exist_ok=True)
        self.settings = settings
        self.configure(folder=str(folder))

    def configure(self, **options):
        self.file.write_text(yaml.safe_dump({"bridge": self.name, "identity": self.principal, "options": options,
                                             **self.settings}, allow_unicode=True))

    def start(self, wait="the program is open"):
        self.process = Process([BIN / "lienthon-bridge", self.name, "-C", self.commune.dir], self.commune.dir,
                               env=self.programs.env)
        self.wait_for_log("subscribed target=")
        if wait:
            self.wait_for_log(wait)
        return self

    def wait_for_log(self, text, count=1):
        wait_until(lambda: self.process.text().count(text) >= count, f"'{text}' in the bridge's log", watch=self.process)

    def stop(self):
        self.process.stop()
        self.file.unlink()

    def notes(self):
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def wait_for_notes(self, condition, what):
        return wait_until(lambda: condition(self.notes()) and self.notes(), what, watch=self.process)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
