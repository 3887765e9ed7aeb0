"""WebSockets of Raw, spoken to by Python's websockets and by hand."""

import asyncio
import base64
import os
import signal
import struct
import time
import unittest

import h2.config
import h2.connection
import h2.events
import websockets

from service import PATIENCE, Service, server_side


def frame(opcode, payload=b"", final=True, masked=True, rsv=0):
    head = bytes([(0x80 if final else 0) | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


class ByHand:
    def __init__(self, service):
        self.socket = service.connect()
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.head = b""
        while not self.head.endswith(b"\r\n\r\n"):
            self.head += self.socket.recv(1)

    def exactly(self, n):
        got = b""
        while len(got) < n:
            part = self.socket.recv(n - len(got))
            if not part:
                return None
            got += part
        return got

    def receive(self):
        head = self.exactly(2)
        if head is None:
            return None
        size = head[1] & 0x7f
        if size == 126:
            size = struct.unpack("!H", self.exactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self.exactly(8))[0]
        return head[0] & 0xf, self.exactly(size)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close_code(self):
        opcode, payload = self.receive()
        assert opcode == 8, (opcode, payload)
        return struct.unpack("!H", payload[:2])[0] if payload else None


class Sockets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("raw")
        cls.url = f"ws://127.0.0.1:{cls.service.port}/ws"

    @classmethod
    def tearDownClass(cls):
        assert cls.service.stop() == 0

    def run_with(self, act, **options):
        async def run():
            async with websockets.connect(self.url, max_size=None, **options) as peer:
                await act(peer)
        asyncio.run(asyncio.wait_for(run(), 20))

    def test_messages_of_all_sizes_come_back(self):
        async def act(peer):
            for size in (0, 1, 125, 126, 127, 1000, 65535, 65536, 300_000, 1 << 20):
                for message in ("é" * (size // 2), os.urandom(size)):
                    await peer.send(message)
                    self.assertEqual(await peer.recv(), message)
        self.run_with(act)
        self.run_with(act, compression=None)

    def test_many_messages_at_once_come_back_in_order(self):
        async def act(peer):
            async def send():
                for n in range(3000):
                    await peer.send(f"message {n} " * (n % 50))
            sending = asyncio.create_task(send())
            for n in range(3000):
                self.assertEqual(await peer.recv(), f"message {n} " * (n % 50))
            await sending
        self.run_with(act)

    def test_a_message_in_pieces_is_one_message(self):
        async def act(peer):
            await peer.send(["one ", "two ", "three"])
            self.assertEqual(await peer.recv(), "one two three")
            await asyncio.wait_for(await peer.ping(), 5)
        self.run_with(act)

    def test_closing_is_answered(self):
        async def act(peer):
            await peer.close(4321, "enough")
            self.assertEqual(peer.close_code, 4321)
        self.run_with(act)

    def test_a_hundred_at_a_time(self):
        async def one(n):
            async with websockets.connect(self.url) as peer:
                for i in range(20):
                    await peer.send(f"{n} {i}")
                    self.assertEqual(await peer.recv(), f"{n} {i}")

        async def run():
            await asyncio.gather(*(one(n) for n in range(100)))
        asyncio.run(asyncio.wait_for(run(), 30))

    def test_the_handshake_is_checked(self):
        for request, status in (
            ("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", b"426"),
            ("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", b"426"),
            ("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n", b"400"),
        ):
            with self.service.connect() as plain:
                plain.sendall(request.encode())
                self.assertEqual(plain.recv(65536).split(b" ")[1], status, request)

    def test_rules_that_are_broken_have_their_codes(self):
        for bytes_, code in (
            (frame(1, b"x", masked=False), 1002),
            (frame(3), 1002),
            (frame(1, b"x", rsv=4), 1002),
            (frame(0, b"x"), 1002),
            (frame(9, b"x" * 126), 1002),
            (frame(9, final=False), 1002),
            (frame(1, b"\xff"), 1007),
            (frame(1, b"\xc3", final=False) + frame(0, b"("), 1007),
            (frame(2, b"x" * ((1 << 20) + 1)), 1009),
            (frame(8, struct.pack("!H", 999)), 1002),
            (frame(8, struct.pack("!H", 1005)), 1002),
            (frame(8, b"x"), 1002),
        ):
            peer = ByHand(self.service)
            try:
                peer.socket.sendall(bytes_)
            except ConnectionError:
                pass
            self.assertEqual(peer.close_code(), code, bytes_[:20])
            self.assertIsNone(peer.receive())
            peer.socket.close()

    def test_a_conversation_that_comes_byte_by_byte(self):
        peer = ByHand(self.service)

        def say(bytes_):
            for byte in bytes_:
                peer.socket.sendall(bytes([byte]))

        say(frame(9, b"ping") + frame(1, "größe".encode()))
        self.assertEqual(peer.receive(), (10, b"ping"))
        self.assertEqual(peer.receive(), (1, "größe".encode()))
        say(frame(8, struct.pack("!H", 1000)))
        self.assertEqual(peer.close_code(), 1000)
        self.assertIsNone(peer.receive())

    def test_frames_behind_the_handshake_are_not_lost(self):
        peer = self.service.connect()
        key = base64.b64encode(os.urandom(16)).decode()
        peer.sendall((f"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode() + frame(1, b"early"))
        answer = b""
        while b"early" not in answer:
            answer += peer.recv(1000)
        self.assertIn(b"101 Switching Protocols", answer)

    def test_a_peer_that_does_not_read_is_held_up_and_gets_everything(self):
        peer = ByHand(self.service)
        peer.socket.setblocking(False)
        message = frame(2, b"m" * 60000)
        sent = 0
        rest = b""
        before = None
        while sent < 2000:
            try:
                rest = rest or message
                rest = rest[peer.socket.send(rest):]
                sent += not rest
            except BlockingIOError:
                # It is held up when it neither reads nor is read from, which it is the second time that looks the same.
                now = server_side(peer.socket)
                if now and now == before and now[1] and now[2]:
                    break
                before = now
                time.sleep(0.05)
        self.assertLess(sent, 2000)
        self.assertLess(self.service.private_memory(), 200 << 20)
        peer.socket.settimeout(PATIENCE)
        for _ in range(sent):
            self.assertEqual(peer.receive(), (2, b"m" * 60000))

    def test_a_peer_that_vanishes_leaves_nothing(self):
        for _ in range(50):
            peer = ByHand(self.service)
            peer.socket.sendall(frame(1, b"x" * 1000)[:500])
            peer.socket.close()


class OverHTTP2(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service("raw", "--h2c")

    @classmethod
    def tearDownClass(cls):
        assert cls.service.stop() == 0

    def setUp(self):
        self.socket = self.service.connect()
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=False))
        self.events = []
        self.connection.initiate_connection()
        self.until(h2.events.RemoteSettingsChanged)

    def tearDown(self):
        self.socket.close()

    def until(self, *kinds):
        self.socket.sendall(self.connection.data_to_send())
        while not (found := [event for event in self.events if isinstance(event, kinds)]):
            self.events += self.connection.receive_data(self.socket.recv(65536))
            self.socket.sendall(self.connection.data_to_send())
        self.events = [event for event in self.events if event not in found]
        return found

    def connect(self, path, protocol="websocket"):
        self.connection.send_headers(1, [
            (":method", "CONNECT"), (":protocol", protocol), (":scheme", "http"), (":path", path),
            (":authority", "a"), ("sec-websocket-version", "13")])
        return dict(self.until(h2.events.ResponseReceived)[0].headers)[b":status"]

    def test_a_conversation_on_a_stream(self):
        self.assertEqual(self.connection.remote_settings.get(8), 1)  # ENABLE_CONNECT_PROTOCOL, RFC 8441 §3
        self.assertEqual(self.connect("/ws"), b"200")
        self.connection.send_data(1, frame(1, b"over two"))
        self.assertEqual(b"".join(event.data for event in self.until(h2.events.DataReceived)), b"\x81\x08over two")
        self.connection.send_data(1, frame(8, struct.pack("!H", 1000)))
        self.assertEqual(b"".join(event.data for event in self.until(h2.events.DataReceived)), b"\x88\x02\x03\xe8")
        self.until(h2.events.StreamEnded)

    def test_pings_whose_pongs_are_not_taken_stop_being_read(self):
        self.assertEqual(self.connect("/ws"), b"200")
        self.connection.send_data(1, frame(1, b"ready"))
        self.until(h2.events.DataReceived)
        before = self.service.private_memory()
        self.socket.settimeout(0.3)
        pings, sent = frame(9, b"x" * 125) * 100, 0
        while sent < 20_000_000:  # pongs come back until the stream's window of 64 KB is used; it is never opened again
            if self.connection.local_flow_control_window(1) >= len(pings):
                self.connection.send_data(1, pings)
                sent += len(pings)
                self.socket.sendall(self.connection.data_to_send())
                continue
            try:
                self.connection.receive_data(self.socket.recv(65536))
            except TimeoutError:
                break
        self.assertLess(sent, 5_000_000)
        self.assertLess(self.service.private_memory() - before, 5_000_000)

    def test_what_is_no_websocket_does_not_become_one(self):
        self.assertEqual(self.connect("/plaintext"), b"501")

    def test_other_protocols_are_not_known(self):
        self.assertEqual(self.connect("/ws", protocol="connect-udp"), b"501")


class Draining(unittest.TestCase):
    def test_a_server_that_stops_says_goodbye(self):
        service = Service("raw")
        peer = ByHand(service)
        peer.socket.sendall(frame(1, b"hello"))
        self.assertEqual(peer.receive(), (1, b"hello"))
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(peer.close_code(), 1001)
        peer.socket.sendall(frame(8, struct.pack("!H", 1001)))
        self.assertIsNone(peer.receive())
        self.assertEqual(service.process.wait(timeout=PATIENCE), 0)


if __name__ == "__main__":
    unittest.main()
