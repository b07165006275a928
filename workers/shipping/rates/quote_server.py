"""Shipping rates: a service of the shop that runs outside Workers. Python 3.9 or newer, standard library alone.

    REGISTRY_TOKEN=... python3 quote_server.py --gateway http://127.0.0.1:8787

Any number of instances may run; the mesh spreads calls over them. SIGTERM and SIGINT deregister the instance, then
let it finish its calls.
"""

import argparse
import json
import os
import signal
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from caller import Refused, caller_of
from registration import Registration

SERVICE = "shipping-rates"
VERSION = "1.0.0"
# Workers that may ask, as in rates-contract.ts.
CALLERS = {"shipping"}
MAX_BODY = 10_000

# By zone: base price and price per started kg in cents, days.
DOMESTIC, EUROPE, WORLD = (499, 80, 2), (999, 180, 4), (1_499, 420, 9)
EUROPEAN = set("AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK CH NO GB".split())
# Cents for each item after the first one.
PACKING = 50


def quote(parcel):
    """Price and days for a parcel. Raises ValueError on input that the contract does not allow."""
    country, items, weight = (parcel.get(name) for name in ("country", "items", "weight"))
    if not (isinstance(country, str) and len(country) == 2):
        raise ValueError("country must be an ISO 3166-1 code of two letters")
    if type(items) is not int or not 1 <= items <= 100:
        raise ValueError("items must be a whole number from 1 to 100")
    if type(weight) is not int or not 1 <= weight <= 100_000:
        raise ValueError("weight must be a whole number from 1 to 100000 g")
    base, per_kg, days = DOMESTIC if country == "DE" else EUROPE if country in EUROPEAN else WORLD
    amount = base + per_kg * -(-weight // 1000) + PACKING * (items - 1)
    return {"price": {"amount": amount, "currency": "EUR"}, "days": days}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers go out at once.
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/health":
            return self._answer(200, {"status": "UP", "id": self.server.id, "quotes": self.server.quotes})
        return self._problem(404, "NOT_FOUND", "There is nothing here")

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            return self._problem(413, "PAYLOAD_TOO_LARGE", "The body is too large")
        body = self.rfile.read(length)
        if self.path != "/internal/quotes":
            return self._problem(404, "NOT_FOUND", "There is nothing here")
        try:
            caller = caller_of(self.headers.get("authorization"), self.server.registration.key, SERVICE)
        except Refused as reason:
            return self._problem(401, "TOKEN_INVALID", "The caller's token is not valid", str(reason))
        if caller not in CALLERS:
            return self._problem(403, "CALLER_NOT_ALLOWED", "This caller may not use this operation")
        try:
            parcel = json.loads(body)
            if not isinstance(parcel, dict):
                raise ValueError("the body must be an object")
            rate = quote(parcel)
        except ValueError as error:
            return self._problem(400, "VALIDATION_FAILED", "The request does not match the contract", str(error))
        self.server.count()
        return self._answer(200, rate)

    def _problem(self, status, code, title, detail=None):
        problem = {"type": f"urn:weft:error:{code}", "title": title, "status": status, "code": code}
        if detail:
            problem["detail"] = detail
        self._answer(status, problem, "application/problem+json")

    def _answer(self, status, body, media_type="application/json"):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """Quiet: the mesh's own log has every call."""


class QuoteServer(ThreadingHTTPServer):
    request_queue_size = 128
    # server_close waits for the calls at hand, but not for connections that are kept alive.
    daemon_threads = True

    def __init__(self, host, port, instance_id):
        super().__init__((host, port), Handler)
        self.id = instance_id
        self.quotes = 0
        self.registration = None
        self._lock = threading.Lock()

    def count(self):
        with self._lock:
            self.quotes += 1


def log(line):
    print(line, file=sys.stderr, flush=True)


def main():
    options = argparse.ArgumentParser(description="Quotes shipping rates, registered with a Weft gateway.")
    options.add_argument("--gateway", default="http://127.0.0.1:8787")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options.add_argument("--url", help="where the mesh reaches it, if not at host and port")
    options.add_argument("--id", default=f"rates-{uuid.uuid4().hex[:8]}")
    options.add_argument("--zone")
    options.add_argument("--ttl", type=int, default=30, help="seconds that a lease lasts")
    given = options.parse_args()
    token = os.environ.get("REGISTRY_TOKEN")
    if not token:
        sys.exit("Set REGISTRY_TOKEN to a registration token; see docs/guides/outside-services.md.")

    server = QuoteServer(given.host, given.port, given.id)
    url = given.url or f"http://{given.host}:{server.server_port}"
    instance = {"service": SERVICE, "id": given.id, "url": url, "version": VERSION, "ttl": given.ttl}
    if given.zone:
        instance["zone"] = given.zone
    server.registration = Registration(given.gateway, token, instance, log)

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    serving.start()
    server.registration.start()
    print(f"listening on {url}", flush=True)
    stopping.wait()
    server.registration.leave()
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
