"""Run by test/interop/python-client.spec.ts, with DOUBLE as the command of the test double."""

import asyncio
import json
import os
import subprocess
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from promptstack_auth import AsyncAuthClient, AuthClient, AuthUnavailable, User
from promptstack_auth.fastapi import RequireUser
from promptstack_auth.starlette import AuthMiddleware


class Double:
    def __init__(self):
        command = json.loads(os.environ["DOUBLE"])
        self.process = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.url, self.key = ready["url"], ready["key"]
        self.count = 0

    def sign_in(self):
        self.count += 1
        account = {"email": f"u{self.count}@example.com", "password": "correct horse battery", "name": "Ada"}
        return httpx.post(f"{self.url}/auth/register", json=account).json()["access_token"]

    def sign_out(self, token):
        httpx.post(f"{self.url}/auth/logout", headers={"Authorization": f"Bearer {token}"}).raise_for_status()

    def set(self, **switches):
        httpx.post(f"{self.url}/__double", json=switches).raise_for_status()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


class Stub:
    """Answers every request but that for the version alike."""

    def __init__(self, status, body, version="1.1.0", headers=()):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(200, json.dumps({"version": version}))

            def do_POST(self):
                asked.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(status, body, headers)

            def answer(self, code, text, more=()):
                self.send_response(code)
                for name, value in (*more, ("Content-Length", str(len(text)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class KitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.double = Double()

    @classmethod
    def tearDownClass(cls):
        cls.double.stop()

    def tearDown(self):
        self.double.set(outage=False)

    def stub(self, *args, **more):
        stub = Stub(*args, **more)
        self.addCleanup(stub.stop)
        return stub


class Eventually:
    """Asks until the answer is refused; fails when that takes long."""

    def __init__(self):
        self.end = time.monotonic() + 5

    def again(self):
        if time.monotonic() > self.end:
            raise AssertionError("it is still accepted")


class SyncTest(KitTest):
    def test_remote_asks_each_time(self):
        token = self.double.sign_in()
        with AuthClient(self.double.url, mode="remote") as client:
            self.assertEqual(client.verify(token).user.teams[0].name, "General")
            self.double.sign_out(token)
            self.assertEqual(client.verify(token).error, "Invalid or expired token")

    def test_cached_forgets_at_once_what_is_revoked(self):
        token, other = self.double.sign_in(), self.double.sign_in()
        with AuthClient(self.double.url, self.double.key) as client:
            client.ready()
            self.assertTrue(client.verify(token).valid and client.verify(other).valid)
            self.double.sign_out(token)
            wait = Eventually()
            while client.verify(token).valid:
                wait.again()
            self.assertTrue(client.verify(other).valid)

    def test_r96_memory_is_trusted_for_the_bound_and_never_after_it(self):
        token = self.double.sign_in()
        with AuthClient(self.double.url, self.double.key) as client:
            client.ready()
            client.verify(token)
            begin = last_yes = time.monotonic()
            self.double.set(outage=True)
            while True:
                try:
                    self.assertTrue(client.verify(token, timeout=0.06).valid)
                    last_yes = time.monotonic()
                    time.sleep(0.02)
                except AuthUnavailable:
                    break
            self.assertLess(last_yes - begin, 3.1)
            self.assertGreater(last_yes - begin, 2.0)
            self.double.set(outage=False)
            self.assertTrue(client.verify(token).valid)

    def test_r97_no_answer_but_a_decided_one_decides(self):
        for status, body in ((200, "<html>"), (200, "{}"), (200, '{"valid":true,"user":null,"error":null}'), (500, "{}"), (400, "{}")):
            with self.subTest(status=status, body=body), AuthClient(self.stub(status, body).url, timeout=0.2) as client:
                with self.assertRaises(AuthUnavailable) as raised:
                    client.verify("some.token")
                self.assertEqual((raised.exception.reason, raised.exception.retry_after), ("service", 1))

    def test_r97_a_refused_key_is_no_refusal_of_the_token(self):
        for status in (401, 403):
            key = "psk_" + "k" * 30
            with AuthClient(self.stub(status, "{}").url, key, mode="remote") as client:
                with self.assertRaises(AuthUnavailable) as raised:
                    client.verify("some.token")
            self.assertEqual(raised.exception.reason, "credential")
            self.assertNotRegex(str(raised.exception), "psk_|some.token")

    def test_names_both_versions_of_a_service_that_is_too_old(self):
        with AuthClient(self.stub(200, "{}", version="1.0.0").url) as client:
            with self.assertRaisesRegex(AuthUnavailable, "1.0.0.*1.1.0"):
                client.verify("some.token")

    def test_says_when_to_come_again(self):
        with AuthClient(self.stub(503, "{}", headers=(("Retry-After", "17"),)).url, timeout=0.2) as client:
            with self.assertRaises(AuthUnavailable) as raised:
                client.verify("some.token")
        self.assertEqual(raised.exception.retry_after, 17)

    def test_refuses_without_a_request(self):
        stub = self.stub(500, "")
        with AuthClient(stub.url) as client:
            for token in ("", "x" * 16_385):
                self.assertFalse(client.verify(token).valid)
        self.assertEqual(stub.asked, [])

    def test_asks_the_next_address(self):
        dead = Stub(500, "")
        dead.stop()
        with AuthClient([dead.url, self.double.url]) as client:
            self.assertTrue(client.verify(self.double.sign_in()).valid)

    def test_refuses_faulty_options_without_the_key(self):
        for url, more in (("localhost", {}), ([], {}), ("http://u:p@x", {}), ("http://x", {"timeout": 0}), ("http://x", {"mode": "offline"})):
            with self.subTest(url=url), self.assertRaises(ValueError):
                AuthClient(url, **more)
        with self.assertRaises(ValueError) as raised:
            AuthClient("http://x", "psk_very secret")
        self.assertNotIn("secret", str(raised.exception))

    def test_is_over_after_close(self):
        client = AuthClient(self.double.url, self.double.key)
        client.close()
        with self.assertRaises(AuthUnavailable) as raised:
            client.verify(self.double.sign_in())
        self.assertEqual(raised.exception.reason, "closed")

    def test_works_in_a_forked_process(self):
        token = self.double.sign_in()
        with AuthClient(self.double.url, self.double.key) as client:
            client.ready()
            client.verify(token)
            child = os.fork()
            if child == 0:
                try:
                    client.ready()
                    os._exit(0 if client.verify(token).valid else 1)
                except BaseException:
                    os._exit(2)
            self.assertEqual(os.waitpid(child, 0)[1], 0)


class AsyncTest(KitTest):
    def run_async(self, work):
        return asyncio.run(asyncio.wait_for(work, 30))

    def test_joins_the_calls_of_one_turn(self):
        tokens = [self.double.sign_in() for _ in range(5)]
        asked = []

        async def work():
            async with AsyncAuthClient(self.double.url) as client:
                client._http.event_hooks = {"request": [record]}
                return await asyncio.gather(*(client.verify(token) for token in tokens * 2))

        async def record(request):
            asked.append(request.url.path)

        self.assertTrue(all(answer.valid for answer in self.run_async(work())))
        self.assertEqual(asked, ["/health", "/auth/validate/batch"])

    def test_cached_forgets_at_once_what_is_revoked(self):
        token = self.double.sign_in()

        async def work():
            async with AsyncAuthClient(self.double.url, self.double.key) as client:
                await client.ready()
                self.assertTrue((await client.verify(token)).valid)
                self.double.sign_out(token)
                wait = Eventually()
                while (await client.verify(token)).valid:
                    wait.again()

        self.run_async(work())

    def test_r97_an_outage_is_no_refusal(self):
        token = self.double.sign_in()

        async def work():
            async with AsyncAuthClient(self.double.url) as client:
                self.double.set(outage=True)
                with self.assertRaises(AuthUnavailable):
                    await client.verify(token, timeout=0.3)
                self.double.set(outage=False)
                self.assertTrue((await client.verify(token)).valid)
            with self.assertRaises(AuthUnavailable) as raised:
                await client.verify(token)
            self.assertEqual(raised.exception.reason, "closed")

        self.run_async(work())

    def test_a_refused_feed_fails_ready(self):
        async def work():
            async with AsyncAuthClient(self.double.url, "psk_" + "k" * 30) as client:
                with self.assertRaises(AuthUnavailable) as raised:
                    await client.ready()
                self.assertEqual(raised.exception.reason, "credential")

        self.run_async(work())


class AdapterTest(KitTest):
    """FastAPI and Starlette, with the sync and the async client."""

    def ask(self, app, path, headers=()):
        async def work():
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://consumer") as consumer:
                return await consumer.get(path, headers=list(headers))

        return asyncio.run(work())

    def fastapi(self, client):
        app = FastAPI()

        @app.get("/me")
        def me(user: User = Depends(RequireUser(client))):
            return {"email": user.email}

        @app.get("/domain")
        def domain(user: User = Depends(RequireUser(client, domain="shop"))):
            return {}

        return app

    def starlette(self, client):
        async def me(request):
            return JSONResponse({"email": request.state.user.email})

        app = Starlette(routes=[Route("/me", me), Route("/open", lambda _: JSONResponse({}))])
        return AuthMiddleware(app, client=client, public=["/open"])

    def test_adapters(self):
        for make in (self.fastapi, self.starlette):
            for kind in (AuthClient, AsyncAuthClient):
                with self.subTest(make=make.__name__, kind=kind.__name__):
                    self.check(make(kind(self.double.url, timeout=0.3)))

    def check(self, app):
        token = self.double.sign_in()
        bearer = ("Authorization", f"Bearer {token}")
        self.assertRegex(self.ask(app, "/me", [bearer]).json()["email"], "^u[0-9]+@")
        for headers, challenge in (
            ([], "Bearer"),
            ([("Authorization", "Basic eDp5")], "Bearer"),
            ([("Authorization", "Bearer x")], 'Bearer error="invalid_token"'),
            ([bearer, bearer], 'Bearer error="invalid_token"'),
        ):
            answer = self.ask(app, "/me", headers)
            self.assertEqual((answer.status_code, answer.headers["WWW-Authenticate"]), (401, challenge))
            self.assertIsInstance(answer.json()["detail"], str)
        self.double.set(outage=True)
        answer = self.ask(app, "/me", [bearer])
        self.assertEqual(answer.status_code, 503)
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.assertNotIn("WWW-Authenticate", answer.headers)
        self.double.set(outage=False)

    def test_needs(self):
        answer = self.ask(
            self.fastapi(AuthClient(self.double.url)),
            "/domain",
            [("Authorization", f"Bearer {self.double.sign_in()}")],
        )
        self.assertEqual(answer.status_code, 403)

    def test_public_paths(self):
        self.assertEqual(self.ask(self.starlette(AuthClient(self.double.url)), "/open").status_code, 200)


if __name__ == "__main__":
    unittest.main()
