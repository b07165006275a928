"""Stays registered with a Weft gateway: register, renew, deregister."""

import json
import threading
import urllib.error
import urllib.request


class Registration:
    """One instance's place in the registry, held by a thread of its own until `leave`."""

    def __init__(self, gateway, token, instance, log):
        self._address = f"{gateway.rstrip('/')}/_mesh/registrations"
        self._name = f"{instance['service']}/{instance['id']}"
        self._token = token
        self._instance = instance
        self._log = log
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._stay, daemon=True)
        # Signs the calls that come in; unknown until the first registration.
        self.key = None

    def start(self):
        self._thread.start()

    def leave(self):
        """Best effort: an instance that cannot say goodbye is forgotten when its lease runs out."""
        self._leaving.set()
        self._thread.join(timeout=5)
        try:
            self._send("DELETE", f"{self._address}/{self._name}")
        except OSError as error:
            self._log(f"not deregistered: {error}")

    def _stay(self):
        wait, registered = 0.0, False
        while not self._leaving.wait(wait):
            try:
                lease = self._renew() if registered else self._register()
                registered = True
                self.key = lease["key"]
                wait = lease["renewAfter"]
            except urllib.error.HTTPError as error:
                self._log(f"{error.code} {error.read().decode(errors='replace')}")
                # 404: the lease has run out meanwhile. Everything else may pass.
                registered = registered and error.code != 404
                wait = 0.1 if error.code == 404 else 2.0
            except (OSError, ValueError, KeyError) as error:
                self._log(f"registry: {error}")
                wait = 1.0

    def _register(self):
        lease = self._send("POST", self._address, self._instance)
        self._log(f"registered for {lease['ttl']} s")
        return lease

    def _renew(self):
        return self._send("PUT", f"{self._address}/{self._name}")

    def _send(self, method, url, body=None):
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=5) as answer:
            text = answer.read()
            return json.loads(text) if text else None
