"""Take Gatepost's webhooks, and print what each one tells. Python's own library is enough.

WEBHOOK_SECRET=whsec_... python receive.py [PORT]
"""

import base64
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
TOLERANCE = 300  # seconds: what is older may have been recorded and sent again by somebody else
LARGEST = 1024 * 1024  # bytes
seen: set[str] = set()  # keep it in your database, with what you make of the event


def is_genuine(headers: dict[str, str], body: bytes) -> bool:
    """Whether it was signed with our secret, just now."""
    event_id, moment = headers["webhook-id"], headers["webhook-timestamp"]
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE:
        return False
    signed = hmac.digest(KEY, f"{event_id}.{moment}.".encode() + body, "sha256")
    ours = "v1," + base64.b64encode(signed).decode()
    return any(hmac.compare_digest(ours, one) for one in headers["webhook-signature"].split(" "))


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # so that the connection is kept

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        size = int(headers.get("content-length", 0))
        if size > LARGEST:
            return self.answer(413)
        body = self.rfile.read(size)
        if not headers.keys() >= {"webhook-id", "webhook-timestamp", "webhook-signature"}:
            return self.answer(400)
        if not is_genuine(headers, body):
            return self.answer(401)
        if headers["webhook-id"] not in seen:  # it may come twice
            event = json.loads(body)
            data = event["data"]
            print(
                event["type"], event["subject"], data.get("badge"), data.get("editable"), flush=True
            )
            seen.add(headers["webhook-id"])  # only now: what fails before is sent again
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    address = ("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000)
    ThreadingHTTPServer(address, Hook).serve_forever()
