"""A real HomeKit controller (aiohomekit) that a test plays like an instrument.

One JSON object a line on standard input is a command, one a line on standard output its answer, in order:

    {"do": "read", "alias": "phone", "ids": [[1, 9]]}
    {"ok": [{"aid": 1, "iid": 9, "value": 0}]}
    {"error": {"kind": "AuthenticationError", "message": "step 4"}}

The commands are the methods of `Commands`. An alias names a pairing; one process holds as many as a test wants. Every
wait is for an event and has a bound in seconds. The end of the input ends the process.

What of aiohomekit a test must know:

* Its `put_characteristics` tells its own listeners of the written values, as if the accessory had sent them. So events
  are taken where they come off the wire.
* A lost connection is made anew at once, with Pair Verify and the subscriptions, without being asked, and when mDNS
  announces the accessory. A pairing made or loaded by address knows nothing of mDNS.
* A connection that was closed here stays closed: its pairing has to be loaded anew.
* Answers 4xx are raised as `HttpErrorResponse`, which carries the answer.
"""

import asyncio
import base64
import json
import logging
import os
import sys
import uuid
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

from aiohomekit.characteristic_cache import CharacteristicCacheMemory
from aiohomekit.controller.ip import IpController, IpDiscovery
from aiohomekit.exceptions import HomeKitException, HttpErrorResponse
from aiohomekit.model import Categories
from aiohomekit.model.feature_flags import FeatureFlags
from aiohomekit.model.status_flags import StatusFlags
from aiohomekit.zeroconf import HAP_TYPE_TCP, HomeKitService
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from zeroconf import DNSQuestionType, DNSText, RecordUpdateListener, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

# The longest line of input or output, in bytes: an attribute database of a hundred accessories fits.
LINE_LIMIT = 16 * 1024 * 1024
# How long a wait is when the command does not say, in seconds.
WAIT = 10
# No command takes longer, in seconds; the caller gives up a little later.
COMMAND = 60


class Network(RecordUpdateListener):
    """What mDNS says on the loopback interface, and only there."""

    def __init__(self):
        self.zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
        self.services = {}
        self.texts = {}
        self.changed = asyncio.Condition()
        self.tasks = set()
        self.zeroconf.zeroconf.async_add_listener(self, None)
        # Multicast questions only: several sockets of this machine share port 5353, and an answer to one address
        # reaches just one of them.
        self.browser = AsyncServiceBrowser(
            self.zeroconf.zeroconf, HAP_TYPE_TCP, handlers=[self._state_changed], question_type=DNSQuestionType.QM
        )

    def async_update_records(self, zeroconf, now, records):
        # The cache keeps a TXT record for a second after the next one has come, and may answer with either. Only the
        # order of arrival tells which one is true.
        for update in records:
            if isinstance(update.new, DNSText) and not update.new.is_expired(now):
                self.texts[update.new.name] = _fields(update.new.text)
                self._start(self._notify())

    def _state_changed(self, zeroconf, service_type, name, state_change):
        self._start(self._resolve(name, state_change))

    def _start(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _resolve(self, name, state_change):
        if state_change is ServiceStateChange.Removed:
            self.services.pop(name, None)
        else:
            info = AsyncServiceInfo(HAP_TYPE_TCP, name)
            if await info.async_request(self.zeroconf.zeroconf, 3000, question_type=DNSQuestionType.QM):
                self.services[name] = info
        await self._notify()

    async def _notify(self):
        async with self.changed:
            self.changed.notify_all()

    def text(self, info):
        """The newest TXT record of a service."""
        return self.texts.get(info.name, {})

    async def find(self, wanted, timeout):
        """Waits for a service for which `wanted` is true."""
        try:
            async with asyncio.timeout(timeout), self.changed:
                await self.changed.wait_for(lambda: self._matches(wanted))
                return self._matches(wanted)[0]
        except TimeoutError:
            raise TimeoutError(f"not on the network within {timeout} s; there are: {self}") from None

    async def lose(self, wanted, timeout):
        """Waits until there is no such service."""
        try:
            async with asyncio.timeout(timeout), self.changed:
                await self.changed.wait_for(lambda: not self._matches(wanted))
        except TimeoutError:
            raise TimeoutError(f"still on the network after {timeout} s: {self}") from None

    def _matches(self, wanted):
        return [info for info in self.services.values() if wanted(info, self.text(info))]

    def __str__(self):
        return "; ".join(f"{name} {self.text(info)}" for name, info in self.services.items()) or "none"

    async def close(self):
        await self.browser.async_cancel()
        await self.zeroconf.async_close()


class Pairing:
    """One pairing, with what came off the wire for it."""

    def __init__(self, controller, data):
        self.controller = controller
        self.events = asyncio.Queue()
        self.lost = asyncio.Event()
        self.made = asyncio.Event()
        self.aiohomekit = controller.load_pairing(data["AccessoryPairingID"], data)

        # The library calls these three through the instance.
        self._event_received = self.aiohomekit.event_received
        self.aiohomekit.event_received = self.event_received
        self._connection_made = self.aiohomekit.connection_made
        self.aiohomekit.connection_made = self.connection_made
        self._connection_lost = self.aiohomekit.connection._connection_lost
        self.aiohomekit.connection._connection_lost = self.connection_lost

    def event_received(self, event):
        for row in event["characteristics"]:
            self.events.put_nowait(dict(row))
        self._event_received(event)

    async def connection_made(self, secure):
        # Subscribes anew.
        await self._connection_made(secure)
        if secure:
            self.made.set()

    def connection_lost(self, exception):
        self.made.clear()
        self.lost.set()
        self._connection_lost(exception)

    async def close(self):
        # What refused its last attempt to connect again is raised here once more.
        with suppress(HomeKitException):
            await self.aiohomekit.shutdown()
        if self.controller.browses:
            await self.controller.async_stop()


class Commands:
    """What a test can ask for. Parameters are the command's other keys."""

    def __init__(self):
        self._network = None
        self._pairings = {}

    # Discovery

    async def discover(self, id=None, name=None, port=None, txt=None, timeout=WAIT):
        """The service with this device id, name or port, once its TXT record has these fields."""
        info = await self._find(id, name, port, txt, timeout)
        return {
            "name": info.name.removesuffix("." + HAP_TYPE_TCP),
            "host": info.server,
            "txt": self._browse().text(info),
            "addresses": info.parsed_scoped_addresses(),
            "port": info.port,
        }

    async def gone(self, id, timeout=WAIT):
        """Waits until the service with this device id has said goodbye."""
        await self._browse().lose(_matching(id), timeout)

    # Pairing

    async def pair(self, alias, code, id=None, host=None, port=None, timeout=WAIT):
        """Pair Setup, with the accessory at an address or with the one that mDNS finds."""
        async with self._unpaired(id, host, port, timeout) as (controller, discovery):
            finish = await discovery.async_start_pairing(alias)
            paired = await finish(code)
            await paired.shutdown()
            self._keep(alias, Pairing(controller, paired.pairing_data))
        return {"id": paired.pairing_data["iOSPairingId"], "accessory": paired.pairing_data["AccessoryPairingID"]}

    async def identify(self, id=None, host=None, port=None, timeout=WAIT):
        """Identify, of an accessory that is not paired."""
        async with self._unpaired(id, host, port, timeout) as (_, discovery):
            await discovery.async_identify()

    async def invite(self, alias, guest, admin=False):
        """Adds a pairing for a second controller, which then is known here as `guest`."""
        host = self._pairing(alias)
        key = Ed25519PrivateKey.generate()
        data = dict(host.aiohomekit.pairing_data)
        data["iOSPairingId"] = str(uuid.uuid4())
        data["iOSDeviceLTSK"] = key.private_bytes_raw().hex()
        data["iOSDeviceLTPK"] = key.public_key().public_bytes_raw().hex()
        await host.aiohomekit.add_pairing(
            data["iOSPairingId"], data["iOSDeviceLTPK"], "Admin" if admin else "User"
        )
        self._keep(guest, Pairing(await self._controller(host.controller.browses), data))
        return {"id": data["iOSPairingId"]}

    async def remove(self, alias, id=None):
        """Removes the pairing `id`, or its own; its own alias is then forgotten."""
        pairing = self._pairing(alias)
        own = pairing.aiohomekit.pairing_data["iOSPairingId"]
        await pairing.aiohomekit.remove_pairing(id or own)
        if id in (None, own):
            await self._pairings.pop(alias).close()

    async def pairings(self, alias):
        """The accessory's list of pairings."""
        return await self._pairing(alias).aiohomekit.list_pairings()

    async def export(self, alias):
        """The keys and the address of a pairing, for `load`."""
        return self._pairing(alias).aiohomekit.pairing_data

    async def load(self, alias, pairing, browse=False):
        """Takes up a pairing from `export`, with `browse` also when its address has changed since."""
        self._keep(alias, Pairing(await self._controller(browse), pairing))

    # Characteristics

    async def accessories(self, alias):
        """The attribute database; types are written in full."""
        return await self._pairing(alias).aiohomekit.list_accessories_and_characteristics()

    async def read(self, alias, ids):
        """The values or the status of characteristics."""
        return _rows(await self._pairing(alias).aiohomekit.get_characteristics([tuple(id) for id in ids]))

    async def write(self, alias, values):
        """Writes [aid, iid, value], and answers with the rows that the accessory answered with: none is good."""
        return _rows(await self._pairing(alias).aiohomekit.put_characteristics([tuple(value) for value in values]))

    async def timed_write(self, alias, values, ttl=10_000, pid=1):
        """The same as a prepared write that is valid for `ttl` milliseconds. The library has no call for it."""
        prepared = await self.request(alias, "PUT", "/prepare", {"ttl": ttl, "pid": pid})
        if prepared["body"] != {"status": 0}:
            return prepared
        rows = [{"aid": aid, "iid": iid, "value": value} for aid, iid, value in values]
        return await self.request(alias, "PUT", "/characteristics", {"characteristics": rows, "pid": pid})

    async def request(self, alias, method, target, body=None):
        """Any request of the session, for what the library has no call for: its status code and its JSON."""
        pairing = self._pairing(alias).aiohomekit
        await pairing._ensure_connected()
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = [("Content-Length", len(content)), ("Content-Type", "application/hap+json")] if content else None
        try:
            response = await pairing.connection.request(method, target, headers, content)
        except HttpErrorResponse as error:
            response = error.response
        return {"code": response.code, "body": json.loads(response.body) if response.body else None}

    async def picture(self, alias, aid, width, height):
        """A camera's picture in base64, or nothing when there is none."""
        picture = await self._pairing(alias).aiohomekit.image(aid, width, height)
        return picture and base64.b64encode(picture).decode()

    # Events

    async def subscribe(self, alias, ids):
        """Asks for events, and answers with the rows that were refused."""
        return _rows(await self._pairing(alias).aiohomekit.subscribe([tuple(id) for id in ids]))

    async def unsubscribe(self, alias, ids):
        """Asks for no more events."""
        return _rows(await self._pairing(alias).aiohomekit.unsubscribe([tuple(id) for id in ids]))

    async def events(self, alias):
        """The events that have arrived and were not asked for yet."""
        queue = self._pairing(alias).events
        return [queue.get_nowait() for _ in range(queue.qsize())]

    async def events_until(self, alias, aid, iid, value, timeout=WAIT):
        """All events up to the one with this value, it included.

        When the wait is over before, the error says what came instead.
        """
        seen = []
        queue = self._pairing(alias).events
        try:
            async with asyncio.timeout(timeout):
                while not seen or not _is(seen[-1], aid, iid, value):
                    seen.append(await queue.get())
        except TimeoutError:
            raise TimeoutError(f"{aid}.{iid} was not {value!r} within {timeout} s; events: {seen}") from None
        return seen

    # Connections

    async def connected(self, alias):
        """Whether there is a session now."""
        return bool(self._pairing(alias).aiohomekit.is_connected)

    async def disconnected(self, alias, timeout=WAIT):
        """Waits for a connection to be lost, or to have been since this or `reconnected` was last asked."""
        pairing = self._pairing(alias)
        try:
            async with asyncio.timeout(timeout):
                await pairing.lost.wait()
        except TimeoutError:
            raise TimeoutError(f"still connected after {timeout} s") from None
        pairing.lost.clear()

    async def disconnect(self, alias):
        """Closes the session. The next command makes a new one, without the subscriptions, as a restarted app does."""
        pairing = self._pairings.pop(alias)
        await pairing.close()
        await self.load(alias, pairing.aiohomekit.pairing_data, pairing.controller.browses)

    async def cut(self, alias):
        """Loses the connection, as when the Wi-Fi is gone for a moment; see `reconnected`."""
        pairing = self._pairing(alias)
        pairing.made.clear()
        pairing.aiohomekit.connection.transport.abort()

    async def reconnected(self, alias, timeout=WAIT):
        """Waits until the library has made a session anew, with its subscriptions."""
        pairing = self._pairing(alias)
        try:
            async with asyncio.timeout(timeout):
                await pairing.made.wait()
        except TimeoutError:
            raise TimeoutError(f"no new session within {timeout} s") from None
        pairing.lost.clear()

    async def forget(self, alias):
        """Drops a pairing here, without a word to the accessory."""
        await self._pairings.pop(alias).close()

    # Not commands

    async def close_all(self):
        for pairing in self._pairings.values():
            await pairing.close()
        if self._network:
            await self._network.close()

    def _browse(self):
        if not self._network:
            self._network = Network()
        return self._network

    async def _find(self, id, name, port, txt, timeout):
        return await self._browse().find(_matching(id, name, port, txt), timeout)

    async def _controller(self, browse):
        """A controller of its own for every pairing, since the library keeps one pairing for an accessory."""
        # Without a zeroconf, the library leaves mDNS alone.
        zeroconf = self._browse().zeroconf if browse else SimpleNamespace(zeroconf=None)
        controller = IpController(char_cache=CharacteristicCacheMemory(), zeroconf_instance=zeroconf)
        await controller.async_start()
        controller.browses = browse
        return controller

    @asynccontextmanager
    async def _unpaired(self, id, host, port, timeout):
        """An accessory to speak with in the clear, for as long as the block lasts."""
        if host is None:
            description = HomeKitService.from_service_info(await self._find(id, None, port, None, timeout))
        else:
            description = _description(host, port)
        controller = await self._controller(browse=host is None)
        discovery = IpDiscovery(controller, description)
        try:
            yield controller, discovery
        finally:
            # Left open, it would be made anew after every loss.
            await discovery.close()

    def _keep(self, alias, pairing):
        if alias in self._pairings:
            raise ValueError(f"{alias} already names a pairing")
        self._pairings[alias] = pairing

    def _pairing(self, alias):
        if alias not in self._pairings:
            raise ValueError(f"no pairing is named {alias}")
        return self._pairings[alias]


def _description(host, port):
    return HomeKitService(
        name=f"{host}:{port}",
        id="",
        model="",
        feature_flags=FeatureFlags(0),
        status_flags=StatusFlags.UNPAIRED,
        config_num=1,
        state_num=1,
        category=Categories.OTHER,
        protocol_version="1.1",
        type=HAP_TYPE_TCP,
        address=host,
        addresses=[host],
        port=port,
    )


def _matching(id=None, name=None, port=None, txt=None):
    def matches(info, fields):
        return (
            (id is None or fields.get("id", "").lower() == id.lower())
            and (name is None or info.name.removesuffix("." + HAP_TYPE_TCP) == name)
            and (port is None or info.port == port)
            and all(fields.get(key) == value for key, value in (txt or {}).items())
        )

    return matches


def _fields(text):
    """The strings `key=value` of a TXT record, each after a byte with its length."""
    fields = {}
    while text:
        length, text = text[0], text[1:]
        key, _, value = text[:length].decode().partition("=")
        fields.setdefault(key, value)
        text = text[length:]
    return fields


def _is(event, aid, iid, value):
    # In Python 1 and True are equal, in JSON they are not.
    return (event["aid"], event["iid"]) == (aid, iid) and json.dumps(event.get("value")) == json.dumps(value)


def _rows(by_id):
    return [{"aid": aid, "iid": iid, **row} for (aid, iid), row in (by_id or {}).items()]


async def answer(commands, line):
    try:
        command = json.loads(line)
        name = command.pop("do")
        if name.startswith("_") or name == "close_all" or not hasattr(commands, name):
            raise ValueError(f"there is no command {name}")
        async with asyncio.timeout(COMMAND):
            return {"ok": await getattr(commands, name)(**command)}
    except Exception as error:
        logging.debug("%s", line, exc_info=True)
        return {"error": {"kind": type(error).__name__, "message": str(error)}}


async def main():
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LINE_LIMIT)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    commands = Commands()
    try:
        while line := await lines.readline():
            print(json.dumps(await answer(commands, line)), flush=True)
    finally:
        await commands.close_all()


if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("CONTROLLER_LOG", "WARNING"), format="%(name)s: %(message)s")
    asyncio.run(main())
