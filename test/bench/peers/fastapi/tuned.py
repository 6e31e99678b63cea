"""`app.py` as quick as its parts allow: no model of the body, orjson, and one wake-up for all that a poll has brought.

Answers when Kafka has acknowledged every event (acks=all, idempotent).
"""

import asyncio
import os
import threading
import time

import orjson
from confluent_kafka import Producer
from fastapi import FastAPI, Request, Response

TOPIC = os.environ["PEER_TOPIC"]
KEYS = {"pk_shop", "dev"}
PRODUCER = {
    "bootstrap.servers": os.environ["PEER_BROKERS"],
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "gzip",
    "compression.level": 1,
    "queue.buffering.max.messages": 1_000_000,
}

app = FastAPI(openapi_url=None)


class Waiting:
    """One request: how many of its events are not acknowledged yet, and whether one of them failed."""

    __slots__ = ("left", "failed", "done")

    def __init__(self, left: int, done: asyncio.Future):
        self.left = left
        self.failed = False
        self.done = done


class Deliveries:
    """Polls in a thread of its own, and wakes the event loop once for all requests that a poll has finished."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.producer = Producer(PRODUCER)
        self.finished: list[Waiting] = []
        threading.Thread(target=self.poll, daemon=True).start()

    def poll(self) -> None:
        while True:
            self.producer.poll(0.1)
            if self.finished:
                finished, self.finished = self.finished, []
                self.loop.call_soon_threadsafe(self.wake, finished)

    @staticmethod
    def wake(finished: list[Waiting]) -> None:
        for waiting in finished:
            if not waiting.done.done():
                waiting.done.set_result(not waiting.failed)

    def send(self, values: list[bytes]) -> asyncio.Future:
        waiting = Waiting(len(values), self.loop.create_future())

        def delivered(error, _message) -> None:
            waiting.failed |= error is not None
            waiting.left -= 1
            if waiting.left == 0:
                self.finished.append(waiting)

        for value in values:
            self.producer.produce(TOPIC, value, on_delivery=delivered)
        return waiting.done


deliveries: Deliveries | None = None


@app.on_event("startup")
async def start() -> None:
    global deliveries
    deliveries = Deliveries(asyncio.get_running_loop())


@app.post("/v1/events")
async def events(request: Request) -> Response:
    try:
        body = orjson.loads(await request.body())
        if body["v"] != 1 or body["k"] not in KEYS or not 0 < len(body["events"]) <= 50:
            return Response(status_code=403)
        common = {
            **body["ctx"],
            "sent_at": body["sent_at"],
            "received_at": time.time_ns() // 1_000_000,
            "origin": request.headers.get("origin"),
            "user_agent": request.headers.get("user-agent"),
        }
        values = [orjson.dumps({**common, **event}) for event in body["events"]]
    except (KeyError, TypeError, orjson.JSONDecodeError):
        return Response(status_code=400)
    stored = await deliveries.send(values)
    if not stored:
        return Response(status_code=503, headers={"retry-after": "5"})
    return Response(orjson.dumps({"accepted": len(values)}), status_code=202, media_type="application/json")
