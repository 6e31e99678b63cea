/**
 * The one send loop. A timer hands due requests from the pacer to a queue; each connection that is free takes the
 * oldest. What is late is late from its planned start on, whoever made it wait.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { acknowledgements } from './acknowledgements.js';
import { layerOf } from './classify.js';
import { Connection, type Owner } from './connection.js';
import { Connector, type Phase } from './connector.js';
import type { Pacer } from './pacer.js';
import type { Payload } from './payload.js';
import { Recorder } from './recorder.js';
import type { ErrorLayer } from './report.js';
import { Ring } from './ring.js';
import type { Delta, SenderEnd, SendPlan } from './wire.js';

/** How often deadlines are looked at. */
const SWEEP_MS = 20;
/** How often what was counted is told. */
const TELL_MS = 200;
const TELLINGS = 5;

export class Sender implements Owner {
  readonly #plan: SendPlan;
  readonly #pacer: Pacer | null;
  readonly #payload: Payload;
  readonly #tell: (delta: Delta) => void;
  readonly #recorder: Recorder;
  readonly #queue: Ring;
  readonly #connections: Connection[] = [];
  readonly #free: Connection[] = [];
  #freeHead = 0;
  readonly #connector: Connector;
  readonly #acknowledged;
  #origin = 0;
  /** The next planned start; Infinity when there is none. */
  #next = Number.POSITIVE_INFINITY;
  #endedMs: number;
  #limitMs: number;
  #inFlight = 0;
  #sequence = 0;
  #sent = 0;
  #bodyBytes = 0;
  #accepted: number | null = null;
  #rejected: number | null = null;
  #bytes = { sent: 0, received: 0 };
  #swept = 0;
  #told = 0;
  #utilisation = performance.eventLoopUtilization();
  #idleMs = 0;
  #quiet = 0;
  #finish: () => void = () => {};
  #done = false;

  /** @param pacer null for the closed model */
  constructor(plan: SendPlan, pacer: Pacer | null, payload: Payload, tell: (delta: Delta) => void) {
    this.#plan = plan;
    this.#pacer = pacer;
    this.#payload = payload;
    this.#tell = tell;
    this.#endedMs = plan.durationMs;
    this.#limitMs = plan.durationMs + plan.drainMs;
    this.#recorder = new Recorder(plan.stepMs, plan.durationMs);
    this.#queue = new Ring(plan.backlog);
    this.#connector = new Connector(new URL(plan.target.url), plan.timeoutMs);
    this.#acknowledged = plan.remember ? acknowledgements() : null;
  }

  /** Opens the connections. */
  async open(): Promise<void> {
    const { target, connections } = this.#plan;
    const url = new URL(target.url);
    for (let i = 0; i < connections; i++)
      this.#connections.push(new Connection(this, url, target.headers, this.#connector));
    const ahead = await this.#connector.openAhead(this.#connections.map(({ line }) => line));
    for (const [i, connection] of this.#connections.entries()) {
      connection.open(ahead[i] ?? null);
      this.#free.push(connection);
    }
  }

  /** Sends until the plan is over and everything is answered, or the drain limit. @param origin of performance.now() */
  async run(origin: number): Promise<SenderEnd> {
    this.#origin = origin;
    this.#next = this.#pacer ? this.#nextPlanned() : 0;
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve;
    });
    setTimeout(
      () => {
        this.#utilisation = performance.eventLoopUtilization();
        this.#quiet = this.#now();
        this.#told = this.#now();
        this.#turn();
      },
      Math.max(0, -this.#now()),
    );
    await finished;
    for (const connection of this.#connections) connection.close();
    return {
      endedMs: this.#endedMs,
      bodyBytes: this.#sent === 0 ? 0 : this.#bodyBytes / this.#sent,
      acknowledged: this.#acknowledged?.bits() ?? null,
    };
  }

  /** Plans nothing more; what is under way may still take this long. */
  stop(drainMs: number): void {
    const now = this.#now();
    if (this.#next !== Number.POSITIVE_INFINITY) this.#endPlanning(Math.max(0, now));
    this.#limitMs = Math.min(this.#limitMs, Math.max(0, now) + drainMs);
  }

  onAnswer(connection: Connection, status: number, retryAfter: boolean, body: Buffer | null): void {
    const { plannedMs, sentMs, waited, sequence } = connection;
    const now = this.#now();
    this.#inFlight--;
    this.#recorder.answered(plannedMs, sentMs, now, status, waited);
    if (connection.free) this.#recorder.free(now - sentMs);
    if (retryAfter) this.#recorder.shed();
    if (status >= 200 && status < 300) {
      this.#count(body);
      this.#acknowledged?.add(sequence);
    }
    this.#freed(connection, now);
  }

  onFailure(connection: Connection, error: unknown, phase: Phase): void {
    this.#fail(connection, layerOf(error, phase), null);
    // Not at once: the client is still inside the failure, and a dead target must not fill the stack.
    setImmediate(() => this.#freed(connection, this.#now()));
  }

  #now(): number {
    return performance.now() - this.#origin;
  }

  #nextPlanned(): number {
    const next = this.#pacer!.next();
    if (next !== null) return next;
    return Number.POSITIVE_INFINITY;
  }

  #endPlanning(ms: number): void {
    this.#next = Number.POSITIVE_INFINITY;
    this.#endedMs = Math.min(this.#endedMs, ms);
    this.#recorder.end(ms);
    this.#limitMs = Math.min(this.#limitMs, this.#endedMs + this.#plan.drainMs);
  }

  /** One turn: hand over what is due, use free connections, look at deadlines; then sleep. */
  #turn(): void {
    if (this.#done) return;
    const now = this.#now();
    this.#noteIdle(now);
    this.#handOver(now);
    if (now >= this.#plan.durationMs) this.#next = Number.POSITIVE_INFINITY;
    this.#pump(now, false);
    if (now - this.#swept >= SWEEP_MS) this.#sweep(now);
    if (now - this.#told >= TELL_MS) this.#report(now);
    const over = this.#next === Number.POSITIVE_INFINITY && this.#inFlight === 0 && this.#queue.length === 0;
    if ((over && now >= this.#endedMs) || now >= this.#limitMs) this.#end(now);
    else if (this.#plan.precise) setImmediate(() => this.#turn());
    else setTimeout(() => this.#turn(), Math.min(SWEEP_MS, Math.max(1, this.#next - now)));
  }

  /** Due requests go from the pacer to the queue. In the closed model connections ask for themselves. */
  #handOver(now: number): void {
    if (!this.#pacer) return;
    while (this.#next <= now) {
      this.#recorder.planned(this.#next, now - this.#next);
      if (!this.#queue.push(this.#next)) this.#recorder.failed(this.#next, 'dropped', null);
      this.#next = this.#nextPlanned();
    }
  }

  /** The oldest request to the connection that has rested longest. `waited`: it had to wait for one. */
  #pump(now: number, waited: boolean): void {
    const free = this.#free;
    while (this.#freeHead < free.length) {
      let planned = now;
      if (this.#queue.length > 0) planned = this.#queue.shift();
      else if (this.#pacer || this.#next === Number.POSITIVE_INFINITY || now < 0) break;
      else this.#recorder.planned(now, 0);
      this.#send(free[this.#freeHead++]!, planned, now, waited);
    }
    if (this.#freeHead > 64 && this.#freeHead * 2 > free.length) {
      free.splice(0, this.#freeHead);
      this.#freeHead = 0;
    }
  }

  #send(connection: Connection, planned: number, now: number, waited: boolean): void {
    const body = this.#payload.body(this.#sequence);
    connection.plannedMs = planned;
    connection.sentMs = now;
    connection.waited = waited;
    connection.free = this.#inFlight * 4 <= this.#plan.connections;
    connection.sequence = this.#sequence++;
    this.#sent++;
    this.#inFlight++;
    this.#bodyBytes += body.length;
    connection.send(body);
  }

  #freed(connection: Connection, now: number): void {
    if (this.#done) return;
    this.#free.push(connection);
    const waited = this.#queue.length > 0;
    if (this.#next <= now) this.#handOver(now);
    this.#pump(now, waited);
  }

  #count(body: Buffer | null): void {
    const told = body && this.#payload.told(body);
    if (!told) return;
    this.#accepted = (this.#accepted ?? 0) + told.accepted;
    this.#rejected = (this.#rejected ?? 0) + told.rejected;
  }

  #fail({ plannedMs }: Connection, layer: ErrorLayer, lastedMs: number | null): void {
    this.#inFlight--;
    this.#recorder.failed(plannedMs, layer, lastedMs);
  }

  #sweep(now: number): void {
    this.#swept = now;
    for (const connection of this.#connections) {
      if (!connection.busy || now - connection.sentMs < this.#plan.timeoutMs) continue;
      connection.abandon();
      this.#fail(connection, 'timeout', now - connection.plannedMs);
      this.#freed(connection, now);
    }
  }

  /** A spinning loop is always busy: what it finds nothing to do in counts as idle. */
  #noteIdle(now: number): void {
    if (!this.#plan.precise) return;
    const mark = this.#sent + this.#inFlight * 1e9;
    if (mark === this.#idleMark) this.#idleMs += now - this.#quiet;
    this.#idleMark = mark;
    this.#quiet = now;
  }
  #idleMark = -1;

  #report(now: number): void {
    const { active, idle } = performance.eventLoopUtilization(this.#utilisation);
    this.#utilisation = performance.eventLoopUtilization();
    const elapsedMs = active + idle;
    const bytes = this.#countBytes();
    this.#tell({
      worker: this.#plan.worker,
      atMs: now,
      ...this.#recorder.take(),
      sent: this.#sent - this.#sentTold,
      accepted: this.#accepted,
      rejected: this.#rejected,
      busyMs: Math.max(0, active - this.#idleMs),
      elapsedMs,
      backlog: this.#queue.length,
      inFlight: this.#inFlight,
      bytesSent: bytes.sent - this.#bytes.sent,
      bytesReceived: bytes.received - this.#bytes.received,
    });
    this.#bytes = bytes;
    this.#sentTold = this.#sent;
    if (this.#accepted !== null) this.#accepted = this.#rejected = 0;
    this.#idleMs = 0;
    this.#told = now;
  }
  #sentTold = 0;

  /** Asking a socket is slow: once a second, and at the end. */
  #countBytes(): { readonly sent: number; readonly received: number } {
    if (this.#tellings++ % TELLINGS !== 0 && !this.#done) return this.#bytes;
    let [sent, received] = [0, 0];
    for (const { line } of this.#connections) {
      sent += line.bytesSent;
      received += line.bytesReceived;
    }
    return { sent, received };
  }
  #tellings = 0;

  /** What is still not answered has lasted at least until now. */
  #end(now: number): void {
    this.#done = true;
    while (this.#queue.length > 0) {
      const planned = this.#queue.shift();
      this.#recorder.failed(planned, 'unfinished', now - planned);
    }
    for (const connection of this.#connections)
      if (connection.busy) this.#fail(connection, 'unfinished', now - connection.plannedMs);
    this.#report(now);
    this.#finish();
  }
}
