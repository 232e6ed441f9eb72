"""A far side that speaks HTTP, strict and scripted, and an instance of the bridge to it."""

import hashlib
import hmac
import http.client
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

from harness import BIN, Process, free_port, wait_until

SECRET = "mã chung của xã và cổng"
TOKEN = "EAAGtoken-cua-cong"


def signature(stamp, key, body, secret=SECRET):
    return "sha256=" + hmac.new(secret.encode(), f"{stamp}.{key}.".encode() + body, hashlib.sha256).hexdigest()


class Far:
    """Remembers keys as a good far side does: `acts` has each once. `script` says what becomes of the next requests: a status,
    (status, headers), "drop" (acted on, and then the connection is cut), "lose" (cut before it is acted on), "hang" (acted on,
    then nothing until `go`); what comes after them is answered 200."""

    def __init__(self):
        self.script, self.requests, self.acts, self.wrong = [], [], [], []
        self.asked, self.answers = [], []
        self.lock, self.go, self.hanging = threading.Lock(), threading.Event(), threading.Event()
        self.port = free_port()
        self.server = None
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/bot-mat/tin"

    def start(self):
        far = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                far.serve(self)

            def do_GET(self):
                far.tell(self)

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # who is cut off

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self):
        if self.server:
            self.go.set()
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()
            self.server = None

    @property
    def ask_url(self):
        return f"http://127.0.0.1:{self.port}/bot-mat/co/{{key}}"

    def tell(self, request):
        """Whether the key of the path was acted on: 200 or 404, or what `answers` says next."""
        key = request.path.rsplit("/", 1)[1]
        with self.lock:
            self.asked.append(key)
            known = key in (act for act, _ in self.acts)
            status = self.answers.pop(0) if self.answers else 200 if known else 404
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def serve(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        key = request.headers["Idempotency-Key"]
        with self.lock:
            self.requests.append((key, dict(request.headers), body))
            doing = self.script.pop(0) if self.script else 200
        said = request.headers["X-LienThon-Signature"]
        if not hmac.compare_digest(said, signature(request.headers["X-LienThon-Timestamp"], key, body)):
            self.wrong.append("signature")
        status, headers = doing if isinstance(doing, tuple) else (doing, {})
        if status in (200, "drop", "hang"):
            with self.lock:
                if key not in (act for act, _ in self.acts):
                    self.acts.append((key, json.loads(body)))
        if status == "hang":
            self.hanging.set()
            self.go.wait(60)
            status = "drop"
        if status in ("drop", "lose"):
            request.close_connection = True
            request.connection.shutdown(2)
            return
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()


class Gate:
    """bridge.<name> with its bridge `http`, and whoever posts to it."""

    def __init__(self, commune, name, hamlet="an-thuong", settings=None, **options):
        self.commune, self.name = commune, name
        self.process = None
        made = commune.lienthon("invite", self.principal, "--role", "file-drop", "--hamlet", hamlet, "--json")
        commune.lienthon("join", "-", input=json.loads(made.stdout)["code"])
        for of, text in (("secret", SECRET), ("token", TOKEN)):
            path = commune.dir / "keys" / f"{name}.{of}"
            path.touch(0o600)
            path.write_text(text + "\n")
        self.port = free_port()
        self.configure(settings, **options)

    @property
    def file(self):
        return self.commune.dir / "bridges" / f"{self.name}.yaml"

    @property
    def principal(self):
        return f"bridge.{self.name}"

    def configure(self, settings=None, **options):
        """`remembers_keys`, as Far does, unless it is told otherwise."""
        options.setdefault("secret", f"file:keys/{self.name}.secret")
        if options.pop("remembers_keys", True):
            options["remembers-keys"] = "yes"
        options = {name.replace("_", "-"): value for name, value in options.items()}
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(yaml.safe_dump({"bridge": "http", "identity": self.principal, **(settings or {}), "options": options}))

    def start(self):
        self.process = Process([BIN / "lienthon-bridge", self.name, "-C", self.commune.dir], self.commune.dir)
        self.wait_for(lambda: "subscribed target=" in self.process.text(), "subscribed")
        return self

    def wait_for(self, condition, what, timeout=30):
        return wait_until(condition, what, timeout, watch=self.process)

    def post(self, message, key=None, stamp=None, signed=None, path="/lienthon", port=None, method="POST", **headers):
        """The status and the text of the answer."""
        body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        key = key or str(uuid.uuid4())
        stamp = stamp or str(time.time_ns() // 1_000_000)
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        connection.request(method, path, body, {"Idempotency-Key": key, "X-LienThon-Timestamp": stamp,
                                                "X-LienThon-Signature": signed or signature(stamp, key, body), **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def secrets_shown(self):
        """Where a secret can be read that nobody should read it."""
        command_line = open(f"/proc/{self.process.pid}/cmdline").read() if self.process.is_running() else ""
        said = self.process.text() + command_line
        return [word for word in (SECRET, TOKEN, "bot-mat") if word in said]

    def end(self):
        if self.process and self.process.is_running():
            self.process.stop()
        self.file.unlink()
