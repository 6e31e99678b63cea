"""A collector of Stargate 2.0's shape, written as the documentation of its parts shows: a typed body, one message for
each event, one future for each message. Answers when Kafka has acknowledged every event (acks=all, idempotent).

No scrubbing, no metrics, no spool: it does less than what it is measured beside. `tuned.py` is what can be got out of
the same parts.
"""

import asyncio
import json
import os
import threading
import time
from contextlib import asynccontextmanager
from typing import Any

from confluent_kafka import KafkaException, Producer
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, Field, ValidationError

TOPIC = os.environ["PEER_TOPIC"]
KEYS = {"pk_shop", "dev"}


class Event(BaseModel):
    id: str
    name: str
    ts: int
    data_layer: dict[str, Any] | None = None


class Envelope(BaseModel):
    v: int
    k: str
    sent_at: int
    ctx: dict[str, Any]
    events: list[Event] = Field(min_length=1, max_length=50)


class AsyncProducer:
    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.producer = Producer(
            {
                "bootstrap.servers": os.environ["PEER_BROKERS"],
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": "gzip",
                "compression.level": 1,
            }
        )
        threading.Thread(target=self.poll, daemon=True).start()

    def poll(self) -> None:
        while True:
            self.producer.poll(0.1)

    def produce(self, value: bytes) -> asyncio.Future:
        result = self.loop.create_future()

        def delivered(error, message) -> None:
            if error:
                self.loop.call_soon_threadsafe(result.set_exception, KafkaException(error))
            else:
                self.loop.call_soon_threadsafe(result.set_result, message.offset())

        self.producer.produce(TOPIC, value, on_delivery=delivered)
        return result


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.producer = AsyncProducer(asyncio.get_running_loop())
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/v1/events", status_code=202)
async def events(request: Request) -> dict[str, int]:
    # Trackers send text/plain, which needs no CORS preflight: FastAPI would not read that as JSON itself.
    try:
        envelope = Envelope.model_validate_json(await request.body())
    except ValidationError:
        raise HTTPException(422) from None
    if envelope.k not in KEYS:
        raise HTTPException(403)
    common = {
        **envelope.ctx,
        "sent_at": envelope.sent_at,
        "received_at": int(time.time() * 1000),
        "origin": request.headers.get("origin"),
        "user_agent": request.headers.get("user-agent"),
    }
    values = [json.dumps({**common, **event.model_dump()}).encode() for event in envelope.events]
    try:
        await asyncio.gather(*(request.app.state.producer.produce(value) for value in values))
    except KafkaException:
        raise HTTPException(503, headers={"Retry-After": "5"}) from None
    return {"accepted": len(values)}
