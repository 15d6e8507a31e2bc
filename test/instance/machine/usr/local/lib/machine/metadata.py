"""The instance metadata service (IMDSv2) on 169.254.169.254:80.

/etc/machine/metadata.json, if it is there, says what is wrong with it: {"fault": NAME, "times": N, "on": METHOD}. The
first N requests of this method, or of "any", are answered by the fault, all the others properly; the count starts with
the service. {"lacks": ITEM}: the instance has no such item, as one with an IPv6 address alone has no `local-ipv4`.
Faults: "refused" (the service does not listen at all), "hang" (never answers), "empty", "html", "shell" (a
command where an address belongs), or an HTTP status such as "401" or "503".
"""

import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ITEMS = dict(zip(("local-ipv4", "ipv6"), Path("/etc/machine/address").read_text().split()))
PAGES = {
    "empty": "",
    "html": "<html><body>It works</body></html>\n",
    "shell": "$(touch /tmp/pwned)\n",
}


CONFIGURATION = Path("/etc/machine/metadata.json")
WRONG = json.loads(CONFIGURATION.read_text()) if CONFIGURATION.exists() else {}
ITEMS.pop(WRONG.get("lacks"), None)


class Metadata(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tokens = set()
    fault, left, method = WRONG.get("fault"), WRONG.get("times", 0), WRONG.get("on", "any")

    def do_PUT(self):
        if self.fails():
            return
        lifetime = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if "X-Forwarded-For" in self.headers or self.path != "/latest/api/token":
            self.answer(403)
        elif not lifetime.isdigit() or not 1 <= int(lifetime) <= 21600:
            self.answer(400)
        else:
            token = secrets.token_urlsafe(40) + "=="
            self.tokens.add(token)
            self.answer(200, token)

    def do_GET(self):
        if self.fails():
            return
        prefix, name = self.path[:18], self.path[18:]
        if self.headers.get("X-aws-ec2-metadata-token") not in self.tokens:
            self.answer(401)
        elif prefix == "/latest/meta-data/" and name in ITEMS:
            self.answer(200, ITEMS[name])
        else:
            self.answer(404)

    def fails(self):
        cls = type(self)
        if cls.left <= 0 or cls.method not in ("any", self.command):
            return False
        cls.left -= 1
        if cls.fault == "hang":
            time.sleep(120)
        elif cls.fault in PAGES:
            self.answer(200, PAGES[cls.fault])
        else:
            self.answer(int(cls.fault))
        return True

    def answer(self, status, text=""):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


if Metadata.fault == "refused":
    sys.exit(0)
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("169.254.169.254", 80), Metadata).serve_forever()
