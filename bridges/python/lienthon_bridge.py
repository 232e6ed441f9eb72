"""A bridge of Liên Thôn in Python: a class, and one line that runs it. The standard library is all that it needs.

    #!/usr/bin/python3
    from lienthon_bridge import Bridge, text

    class Drop(Bridge):
        about = "Notices as files in a folder"
        types = ["notice.v1"]
        options = [text("folder", required=True, help="Where notices are written")]

        def deliver(self, delivery):
            if delivery.begin():
                with open(f"{self.option.folder}/{delivery.id}.txt", "w") as file:
                    file.write(delivery.body["text"])
                delivery.done()

    if __name__ == "__main__":
        Drop().run()

The host (lienthon-bridge) runs it and owns all else: connection, seals, grants, durable subscriptions, retries, receipts,
health. What passes between the two is in bridges/PROGRAMS.md.

Threads: open, deliver, cancel, published, close and what `every` calls run on the main thread, one after the other. All that a
bridge calls (begin, done, publish, well, ...) may be called on any thread. Work that takes long goes to a thread of its own,
which settles the delivery when it is done; in the meantime others are delivered.

Ownership: a message is a dict of its own for each delivery; change it as you like. Times are milliseconds since 1970, UTC.

Errors: an exception in `deliver` settles the delivery as `again` with its text (it comes again with back-off, until the
instance's attempts are used up), one in `open` ends the run (the host tries again). Both are in the host's log with their
traceback. Calls do not raise but where it says so. In sentences (why, what, a line of the log) a ? stands for what is no text in
UTF-8, as a file's name may have it, and for NUL. Standard output belongs to the conversation, so print() goes to the log.
"""

import json
import os
import queue
import sys
import threading
import time
import traceback
from types import SimpleNamespace

VERSION = 1

RECEIVED, HANDED_OVER, UNKNOWN = "received", "handed-over", "unknown"  # for Delivery.report


# Options: rows of the table that `--sample`, `--check`, `lienthon bridge show` and the error messages come from. In
# `self.option` a name has _ for -.

def _option(kind, name, help, required=False, default=None, **more):
    row = {"name": name, "kind": kind, "help": help, "required": required, "default": default, **more}
    return {key: value for key, value in row.items() if value is not None and value is not False}


def text(name, *, help, required=False, default=None):
    """A text; None where it is neither given nor has a default."""
    return _option("text", name, help, required, default)


def secret(name, *, help, required=False):
    """The name of a secret, file:PATH or credential:NAME; Bridge.read_secret has it read."""
    return _option("secret", name, help, required)


def number(name, *, help, required=False, default=None, min=None, max=None):
    """A whole number as an int; 0 where it is neither given nor has a default."""
    return _option("number", name, help, required, default, min=min, max=max)


def yes_no(name, *, help, default=False):
    """yes or no, as a bool."""
    return _option("bool", name, help, default="yes" if default else "no")


def choice(name, choices, *, help, required=False, default=None):
    """One of these words, as a str."""
    return _option("choice", name, help, required, default, choices=list(choices))


def duration(name, *, help, required=False, default=None, min=None, max=None):
    """500ms, 10s, 5m, 2h, 7d: in the file and here as text, in self.option as a float of seconds."""
    return _option("duration", name, help, required, default, min=min, max=max)


def texts(name, *, help):
    """A list of str."""
    return _option("list", name, help)


def pairs(name, *, help):
    """A dict of str to str."""
    return _option("map", name, help)


class Delivery:
    """One message for one target, until it is settled: exactly once, here or later, on any thread."""

    def __init__(self, bridge, line):
        self._bridge = bridge
        self._name = line["delivery"]
        self._lock = threading.Lock()
        self._answer = queue.SimpleQueue()
        self.message = line["message"]  # id, from, topic, type, priority, label, created, expires, …, body
        self.target = line["target"]    # the name of the outside target, as in receipts
        self.attempt = line.get("attempt", 1)       # 1 the first time
        self.cut_off = line.get("cut_off", False)   # an earlier life began it and did not end it
        self.key = line.get("key")                  # the same for this message and target in every life
        self.far_id = line.get("far_id")            # what `sent` has noted, in this life or an earlier one
        self.cancelled = False          # something has taken its place meanwhile: look at it in long work
        self.settled = False

    id = property(lambda self: self.message["id"])
    type = property(lambda self: self.message["type"])
    body = property(lambda self: self.message["body"])

    def begin(self):
        """Just before acting: looks once more (it may have expired, or been cancelled or revoked while it waited) and notes
        on disk that it is begun. False: it is settled already, or the host is closing: do not act. Waits for the host's
        answer; may be called again when acting begins anew."""
        return self._ask(say="begin")

    def intend(self, key=None):
        """As begin, in its place, for what must not happen twice and which the far side can be asked for by `key` (at most 255
        bytes; None: self.key). It is on disk when this returns True. Whatever is cut off from here on is not given again but
        asked for, by Bridge.resolve; without one it is set aside until a person decides. ValueError: the key is no text in
        UTF-8, or has a NUL in it; nothing is intended."""
        _check_name(key)
        self.key = key or self.key
        return self._ask(say="intend", key=key)

    def sent(self, far_id):
        """After intend: the far side has it, under this id of its own. Settle it when it has happened. ValueError: as in
        intend; nothing is noted."""
        _check_name(str(far_id))
        self.far_id = str(far_id)
        self._say(say="sent", far_id=self.far_id)

    def done(self, why=None):
        """The far side has it. why: a sentence for the receipt (Vietnamese: officers read it), cut at 255 bytes."""
        self._settle("done", why)

    def again(self, why, seconds=None):
        """It failed and may work later: it comes again with back-off, until the attempts are used up. seconds: it has not
        happened, the far side asks to wait so long (Retry-After), and no attempt is used up."""
        self._settle("again", why, None if seconds is None else int(seconds * 1000))

    def undone(self, why=None):
        """What was intended has not happened, for sure. From Bridge.resolve: it is delivered again."""
        if self._take():
            self._bridge._tell(say="undone", delivery=self._name, why=why)

    def gave_up(self, why):
        """It failed for good: the receipt says so, and it is a dead letter."""
        self._settle("gave-up", why)

    def unknown(self, why):
        """Nobody can tell whether it happened, and the far side cannot be asked: the receipt says so, and it is set aside until a
        person decides (lienthon bridge quarantine)."""
        self._settle("unknown", why)

    def skipped(self, why=None):
        """On purpose not acted on."""
        self._settle("skipped", why)

    def report(self, seen, detail=None):
        """A receipt before it is settled: RECEIVED, HANDED_OVER or UNKNOWN."""
        self._say(say="report", seen=seen, detail=detail)

    def working(self):
        """A sign of life in long work: without any for Bridge.settle_within the host ends the program as hung. After it is
        settled, by whichever thread, this, `report` and `sent` say nothing."""
        self._say(say="working")

    def _say(self, **line):
        with self._lock:  # whoever settles it says so after this
            if not self.settled:
                self._bridge._tell(delivery=self._name, **line)

    def _take(self):
        with self._lock:
            was, self.settled = self.settled, True
        self._bridge._open.pop(self._name, None)
        return not was

    def _ask(self, **line):
        if self.settled or not self._bridge._tell(delivery=self._name, **line):
            return False
        goes = self._answer.get()
        if not goes:
            self._take()
        return goes

    def _settle(self, outcome, why, ms=None):
        if self._take():
            self._bridge._tell(say="settle", delivery=self._name, outcome=outcome, why=why, **{"in": ms})


class Bridge:
    """Derive from it; `run()` does the rest. What a class names in capital-free attributes is what the host is told."""

    about = "a bridge in Python"  # one line for lists
    types = None                  # what it understands, as ["notice.v1"]; None: every type
    channel = None                # of a notice's `channels`, as "loa"; None: notices for any channel
    options = []                  # rows made by text(), number(), …
    settle_within = "10m"         # without a sign of progress for so long it counts as hung
    answer_within = "30s"         # the same, without an answer to a ping (a thread of its own answers them)

    # For a bridge to write.

    def open(self):
        """Before the first delivery; self.option, principal, instance and folder are filled in. Do not wait here for the
        far side: the host waits 30 s for its return. An exception ends the run, and the host tries again later."""

    def deliver(self, delivery):
        """Take one message. It is genuine, authorised, due, new, of a type and for this receiver, no drill, not one's own,
        neither cancelled nor replaced. Settle it exactly once, here or later."""
        raise NotImplementedError

    def cancel(self, delivery, by):
        """This delivery's message was cancelled or replaced (`by`, a dict, or None): stop acting, and settle it (skipped).
        delivery.cancelled has been set as soon as the host told it, also while `deliver` is at work."""

    def resolve(self, delivery, key, far_id):
        """What was intended (Delivery.intend) was cut off: ask the far side, by the key or by its own id (None: it never gave
        one, or one of more than 255 bytes), whether it happened, and settle: done(); undone(), it is delivered again; again(), it is asked again later; unknown(),
        a person must decide. A class
        that does not have this one cannot ask."""
        raise NotImplementedError

    def published(self, token, code, text):
        """What became of a publication of this run, once for each token: code "done" or "done-before", the hub has it; else
        it is refused or was not taken (see PROGRAMS.md, "published"), and text says why."""

    def dry_run(self, target, message):
        """For --dry-run: what deliver would send where, as text for people. Only self.option is there. No secrets; touch
        nothing outside."""
        return json.dumps(message, ensure_ascii=False, indent=2)

    def close(self):
        """Let go of the far side, within a second. Deliveries not settled come again next time."""

    # For a bridge to call, on any thread.

    def publish(self, message, origin=None):
        """Publish a dict: type and body, and what else message.v1 may have (filedrop's README lists it). Without a topic it
        goes where the grant lets that type be said. origin: the far side's id of it, "<bridge>:<id>": what has an origin the
        hub keeps once, so publishing it again after a crash is harmless. Returns a token for `published`. ValueError: it has
        what JSON has not (NaN, infinities, a text that is no UTF-8); it is not published."""
        data = _message_line(message, origin)
        with self._lock:
            self._last_token += 1
            token = self._last_token
        self._send(data(token))
        return token

    def publish_and_wait(self, message, origin=None, timeout=30.0):
        """The same, and waits for the hub's word: (code, text), and `published` is not called. (None, "") when there is none
        in time; it may still come to the hub. For threads of one's own and `every`, where others may wait. ValueError: as in
        publish."""
        data = _message_line(message, origin)
        with self._lock:
            self._last_token += 1
            token = self._last_token
            answer = self._waited[token] = queue.SimpleQueue()
        self._send(data(token))
        try:
            return answer.get(timeout=timeout)
        except queue.Empty:
            return None, ""
        finally:
            self._waited.pop(token, None)

    def well(self, what):
        """Evidence for health: what worked last, in a few words."""
        self._tell(say="well", what=str(what))

    def ill(self, what):
        """Evidence for health: what failed last. Told at once when well turns to ill."""
        self._tell(say="ill", what=str(what))

    def pause(self, seconds, target=None):
        """Nothing more is delivered for that target (None: for any) for so long: what a far side asks for that counts calls."""
        self._tell(say="pause", target=target, ms=int(seconds * 1000))

    def credential_until(self, name, until, soon=0):
        """A credential of that name (a-z 0-9 -, at most 20 bytes) holds until then (seconds since 1970, as time.time();
        0: it has none any more). Health counts the hours, and is ill from `soon` seconds before the end on."""
        self._tell(say="credential", name=name, until=int(until * 1000), soon=int(soon * 1000))

    def log(self, line):
        """A line in the host's log: plain words, then key=value; no bodies, no secrets."""
        self._tell(say="log", line=str(line))

    def read_secret(self, name):
        """The secret that an option of that kind names, as a str; None where name is None. OSError where it cannot be read.
        Keep it out of logs, sentences and command lines."""
        if name is None:
            return None
        kind, _, path = name.partition(":")
        if kind == "credential":
            folder = os.environ.get("CREDENTIALS_DIRECTORY")
            if not folder:
                raise FileNotFoundError("there are no credentials here ($CREDENTIALS_DIRECTORY is not set): write "
                                        f"LoadCredential={path}:PATH into the unit")
            path = os.path.join(folder, path)
        with open(path, encoding="utf-8") as file:
            return file.read().rstrip("\r\n")

    def every(self, seconds, function):
        """Calls function() on the main thread every so many seconds, the first time at once. To be called in `open`. An
        exception is in the log, and makes the bridge ill; it is called again."""
        self._timers.append([time.monotonic(), seconds, function])

    # The conversation.

    def run(self):
        """Until the host closes it; then the program ends with exit status 0."""
        if sys.stdin.isatty():
            sys.exit(f"{sys.argv[0]}: {self.about}. A bridge of Liên Thôn: lienthon-bridge runs it, see "
                     "`lienthon bridge --help`.")
        self._lock = threading.RLock()
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)  # print() goes to the log
        self._in = os.fdopen(os.dup(0), "rb")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        self._last_token, self._waited, self._open, self._timers = 0, {}, {}, []
        self._todo = queue.SimpleQueue()
        self._is_open = False
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            try:
                job = self._todo.get(timeout=self._turn_timers())
            except queue.Empty:
                continue
            if job is None:
                break
            job()
        if self._is_open:
            self._guard(self.close)
        sys.stderr.flush()
        os._exit(0)  # whatever threads the bridge has left

    def _tell(self, **line):
        line = {key: value.replace("\0", "?") if isinstance(value, str) else value
                for key, value in line.items() if value is not None}
        return self._send(_json(line).encode(errors="replace"))

    def _send(self, data):
        data += b"\n"
        try:
            with self._lock:
                while data:
                    data = data[self._out.write(data):]
            return True
        except OSError:
            return False  # the host is gone; the end of its input says so too

    def _listen(self):
        """On a thread of its own, so that a long deliver does not keep the host from being answered."""
        for data in self._in:
            line = json.loads(data)
            handler = getattr(self, "_do_" + line["do"].replace("-", "_"), None)
            if handler:  # what a later host says and this does not know is no error
                handler(line)
        for delivery in list(self._open.values()):
            delivery._answer.put(False)
        self._todo.put(None)

    def _do_describe(self, line):
        self._tell(say="describe", version=VERSION, about=self.about, channel=self.channel, types=self.types,
                   options=self.options, settle=self.settle_within, silence=self.answer_within, resolve=type(self).resolve is not Bridge.resolve, **{"dry-run": True})

    def _take_options(self, line):
        kinds = {row["name"]: row["kind"] for row in self.options}
        self.option = SimpleNamespace(**{
            name.replace("-", "_"): value / 1000 if kinds.get(name) == "duration" else value
            for name, value in line["options"].items()})

    def _do_open(self, line):
        self._take_options(line)
        self.principal, self.instance, self.folder = line["principal"], line["instance"], line["folder"]

        def job():
            try:
                self.open()
            except Exception as error:  # noqa: BLE001 whatever it is, the host is told
                traceback.print_exc()
                self._tell(say="failed", why=_sentence(error))
                return
            self._is_open = True
            self._tell(say="opened")

        self._todo.put(job)

    def _do_dry_run(self, line):
        self._take_options(line)
        self._todo.put(lambda: self._tell(say="dry-run", text=self.dry_run(line["target"], line["message"])))

    def _do_deliver(self, line):
        self._give(line, lambda delivery: self.deliver(delivery))

    def _do_resolve(self, line):
        self._give(line, lambda delivery: self.resolve(delivery, delivery.key, delivery.far_id))

    def _give(self, line, act):
        delivery = Delivery(self, line)
        self._open[line["delivery"]] = delivery

        def job():
            try:
                if not delivery.settled:
                    act(delivery)
            except Exception as error:  # noqa: BLE001
                traceback.print_exc()
                self.ill(_sentence(error))
                delivery.again(_sentence(error))

        self._todo.put(job)

    def _do_begun(self, line):
        delivery = self._open.get(line["delivery"])
        if delivery:
            delivery._answer.put(line["go"])

    def _do_cancel(self, line):
        delivery = self._open.get(line["delivery"])
        if delivery:
            delivery.cancelled = True
            self._todo.put(lambda: delivery.settled or self._guard(self.cancel, delivery, line["by"]))

    def _do_published(self, line):
        token = int(line.get("token") or 0)
        waited = self._waited.get(token)
        if waited:
            waited.put((line["code"], line.get("text") or ""))
        else:
            self._todo.put(lambda: self._guard(self.published, token, line["code"], line.get("text") or ""))

    def _do_ping(self, line):
        self._tell(say="pong")

    def _do_wrong(self, line):
        print(f"the host says: {line['why']}", file=sys.stderr)

    def _do_close(self, line):
        for delivery in list(self._open.values()):
            delivery._answer.put(False)
        self._todo.put(None)

    def _guard(self, function, *arguments):
        try:
            function(*arguments)
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            self.ill(_sentence(error))

    def _turn_timers(self):
        """Calls what is due; how long until there is more, in seconds, or None."""
        now = time.monotonic()
        for timer in self._timers if self._is_open else []:
            if timer[0] <= now:
                self._guard(timer[2])
                timer[0] = time.monotonic() + timer[1]
        if not self._timers or not self._is_open:
            return None
        return max(0.0, min(timer[0] for timer in self._timers) - time.monotonic())


def write_file(path, data, mode=0o640):
    """A whole file (str or bytes): written beside under a hidden name, synced, renamed, and the folder synced; so it is there
    whole or not at all, whatever is cut off. OSError; then what was there before is still there. Any thread."""
    folder, name = os.path.split(os.fspath(path))
    beside = os.path.join(folder, f".{name}.{os.getpid()}.{threading.get_native_id()}.tmp")
    data = data.encode() if isinstance(data, str) else data
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
    fd = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _json(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _check_name(name):
    """What a far side is asked by: not another text in its place."""
    if name is not None and "\0" in name:
        raise ValueError("there is a NUL in it")
    (name or "").encode()


def _message_line(message, origin):
    """The line as a function of its token. ValueError: it cannot be written."""
    _check_name(origin)
    rest = {"origin": origin, "message": message} if origin is not None else {"message": message}
    data = _json(rest).encode()
    return lambda token: b'{"say":"publish","token":"%d",' % token + data[1:]


def _sentence(error):
    return f"{type(error).__name__}: {error}"[:250]
