/**
 * The real system as processes on this machine: Kafka, `serve` with its workers, `worker` with a warehouse, and proxies
 * between them where asked for. Parts are ended and started again by whoever holds the stage.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssignerProtocol } from 'kafkajs';
import { type RunOptions, stargate } from '../../helpers/cli.js';
import { type Cluster, startCluster } from '../../helpers/kafka/index.js';
import { type Generator, type GeneratorOptions, generator } from '../../helpers/ledger.js';
import { readLedger } from '../../helpers/ledger-file.js';
import { freePorts } from '../../helpers/ports.js';
import type { Prometheus } from '../../helpers/prometheus.js';
import { eventually, type Running, start } from '../../helpers/running.js';
import { watch } from './alerts.js';
import { type Check, check, type Place } from './check.js';
import { Conservation } from './conservation.js';
import { childrenOf } from './machine.js';
import { openSink, type Sink, type SinkName } from './sink.js';
import { found } from './stored.js';

export interface StageOptions {
  /** Brokers; of three one may be away. Default 1. */
  readonly nodes?: 1 | 3;
  /** Collector and worker reach the brokers through proxies. */
  readonly proxied?: boolean;
  readonly partitions?: number;
  /** Processes of `serve`. Default 2. */
  readonly processes?: number;
  readonly ack?: 'spool' | 'log';
  /** Further flags of `serve`. */
  readonly serve?: readonly string[];
  /** Where the worker writes; null: there is none, and the log is where the checker looks. Default duckdb. */
  readonly sink?: SinkName | null;
  /** The sink will be slow, or away. */
  readonly sinkFails?: boolean;
  /** Brokers of the caller's, who also closes them. */
  readonly cluster?: Cluster;
  /** Another build than this checkout's: its `bin/stargate`. */
  readonly bin?: string;
  /** Put in front of the node of serve, such as prlimit; and flags of that node. */
  readonly before?: readonly string[];
  readonly node?: readonly string[];
  /** Size of a disk of its own for the spool, in MiB (a tmpfs). */
  readonly spoolDisk?: number;
  /** A Prometheus watches collector and worker. Neither may be started anew: it asks them where they are now. */
  readonly watched?: boolean;
}

const GROUP = 'stargate';
const SOURCE = { id: 'shop', kind: 'browser', key: 'dev', origins: ['https://shop.example'] };

export class Stage {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly topic = `t-${randomUUID()}`;
  readonly options: StageOptions;
  readonly conservation: Conservation;
  readonly #loads: Generator[] = [];
  collector!: Running;
  worker: Running | null = null;
  sink: Sink | null = null;
  prometheus: Prometheus | null = null;
  /** Workers beside that one. */
  readonly #joined: Running[] = [];
  /** Where the collector listens, also when it is started again. */
  base = '';
  #starts = 0;

  private constructor(cluster: Cluster, folder: string, options: StageOptions) {
    this.cluster = cluster;
    this.folder = folder;
    this.options = options;
    this.conservation = new Conservation(this);
  }

  /** Starts all parts. `close` ends them. */
  static async open(options: StageOptions = {}): Promise<Stage> {
    const { nodes = 1, proxied = false } = options;
    const folder = mkdtempSync(join(tmpdir(), 'stargate-faults-'));
    // A broker that was killed is let in again after 2 s instead of 9.
    const cluster = options.cluster ?? (await startCluster({ nodes, proxied, fastFailOver: true }));
    const stage = new Stage(cluster, folder, options);
    try {
      await stage.#prepare();
      await stage.startCollector();
      if (stage.sink) await stage.startWorker();
      if (options.watched) await watch(stage);
    } catch (error) {
      await stage.close();
      throw error;
    }
    stage.conservation.begin();
    return stage;
  }

  get log(): string {
    const brokers = this.options.proxied ? this.cluster.proxiedBrokers : this.cluster.brokers;
    return `kafka://${brokers.join()}/${this.topic}`;
  }
  get spool(): string {
    return join(this.folder, 'spool');
  }
  get #probes(): string {
    return join(this.folder, 'probes');
  }

  async #prepare(): Promise<void> {
    writeFileSync(join(this.folder, 'stargate.json'), JSON.stringify({ sources: [SOURCE] }));
    mkdirSync(this.#probes);
    mkdirSync(this.spool);
    const { spoolDisk, partitions = 3, nodes = 1 } = this.options;
    if (spoolDisk !== undefined) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${spoolDisk}m`, 'tmpfs', this.spool]);
      process.once('exit', this.#unmount);
    }
    const { sink = 'duckdb', sinkFails: canFail = false } = this.options;
    if (sink !== null) this.sink = await openSink(sink, { folder: this.folder, canFail });
    const shape = ['--replicas', String(nodes), '--partitions', String(partitions)];
    const log = `kafka://${this.cluster.brokers.join()}/${this.topic}`;
    const made = await stargate(['setup', '--log', log, ...shape, '--yes'], { cwd: this.folder });
    if (made.status !== 0) throw new Error(`setup failed:\n${made.stderr}`);
  }

  async startCollector(): Promise<void> {
    const port = this.base === '' ? String((await freePorts(1))[0]) : new URL(this.base).port;
    this.collector = await this.serve(port, this.spool);
    this.base = this.collector.ready.collector!;
    this.#starts += 1;
  }

  /** A `serve`: the stage's collector, or one more beside it. Each needs a spool of its own. */
  serve(port: string, spool: string): Promise<Running> {
    const { processes = 2, ack = 'spool', serve = [], before = [], node = [] } = this.options;
    const probe = new URL('./loop-probe.cjs', import.meta.url).pathname;
    const env = {
      NODE_OPTIONS: ['--require', probe, ...node].join(' '),
      STARGATE_TEST_PROBE: this.#probes,
    };
    const flags = ['--ack', ack, '--spool', spool, '--drain-wait', '0', '--host', '127.0.0.1'];
    return this.#start(
      ['serve', '--port', port, '--admin-port', '0', '--workers', String(processes), ...flags, ...serve],
      { env, before },
    );
  }

  async startWorker(): Promise<void> {
    this.worker = await this.#worker();
  }

  /** One more worker, beside those that run. Not with DuckDB, which has one owner. */
  async join(): Promise<Running> {
    const running = await this.#worker();
    this.#joined.push(running);
    return running;
  }

  #worker(): Promise<Running> {
    const { flags, env } = this.sink!;
    return this.#start(['worker', '--admin-port', '0', '--group', GROUP, ...flags], { env });
  }

  #start(args: readonly string[], options: RunOptions): Promise<Running> {
    const { bin } = this.options;
    return start([...args, '--log', this.log], { cwd: this.folder, ...options, ...(bin && { script: bin }) });
  }

  /** Processes that answer requests: the primary's children, or the only one. */
  collectors(): number[] {
    const { processes = 2 } = this.options;
    return processes === 1 ? [this.collector.pid] : childrenOf(this.collector.pid);
  }

  /** Waits until all processes of serve take requests. */
  async serving(): Promise<void> {
    const { processes = 2 } = this.options;
    await eventually(
      async () => {
        const answer = await fetch(`${this.collector.ready.admin}/readyz`).catch(() => null);
        const health = await answer?.json();
        return (health?.serving ?? Number(health?.ready)) === processes;
      },
      () => `${processes} processes that serve; serve said:\n${this.collector.stderr().slice(-3_000)}`,
    );
  }

  /** A generator whose ledger is in the stage's folder, sending already. */
  load(options: Omit<GeneratorOptions, 'file'>): Generator {
    const load = generator({ ...options, file: this.ledger(options.run) });
    load.target(this.base);
    this.#loads.push(load);
    return load;
  }
  ledger(run: string): string {
    return join(this.folder, `ledger-${run}`);
  }

  /** A figure of an admin port, the collector's, over all its processes; NaN while it does not answer. */
  async metric(name: string, of = this.collector): Promise<number> {
    try {
      const signal = AbortSignal.timeout(10_000);
      const text = await (await fetch(`${of.ready.admin}/metrics`, { signal })).text();
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
    } catch {
      return Number.NaN;
    }
  }

  /** What the collector says it has acknowledged; null where a process of it did not live through the run. */
  async countedAcknowledged(): Promise<number | null> {
    const health = await (await fetch(`${this.collector.ready.admin}/readyz`)).json();
    if (this.#starts > 1 || health.restarts > 0) return null;
    return this.metric('stargate_events_acknowledged_total');
  }

  /** How late timers of the collector's processes came between two times of performance.now(), in ms. */
  loopDelays(from: number, to: number): number[] {
    const within = (time: number) =>
      time >= performance.timeOrigin + from && time < performance.timeOrigin + to;
    return readdirSync(this.#probes)
      .flatMap((pid) => readFileSync(join(this.#probes, pid), 'utf8').trim().split('\n'))
      .map((line) => line.split(' ').map(Number) as [number, number])
      .filter(([time]) => within(time))
      .map(([, late]) => late);
  }

  /** Waits until nothing is under way any more: the spool is empty, and every record of the log is done. */
  async quiet(ms = 120_000): Promise<void> {
    if (this.options.ack !== 'log')
      await eventually(
        async () => (await this.metric('stargate_spool_records')) === 0,
        () => `an empty spool; serve said:\n${this.collector.stderr().slice(-3_000)}`,
        undefined,
        ms,
      );
    if (this.worker === null) return;
    await eventually(
      async () => {
        const ends = await this.ends();
        const done = await this.committed();
        return [...ends].every(([partition, end]) => (done.get(partition) ?? 0) >= end);
      },
      () => `no lag; worker said:\n${this.worker?.stderr().slice(-3_000)}`,
      undefined,
      ms,
    );
  }

  /** Waits until every partition has all its replicas again. */
  async inSync(): Promise<void> {
    const { nodes = 1 } = this.options;
    await eventually(
      async () => {
        const { topics } = await this.cluster.admin.fetchTopicMetadata({ topics: [this.topic] });
        return topics[0]!.partitions.every(({ isr, leader }) => isr.length === nodes && leader >= 0);
      },
      () => `all replicas of ${this.topic} in sync`,
    );
  }

  /** Position behind the newest record, by partition. */
  async ends(): Promise<Map<number, number>> {
    const offsets = await this.cluster.admin.fetchTopicOffsets(this.topic);
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  }

  /** Position behind the last record that the worker's group has done, by partition. */
  async committed(): Promise<Map<number, number>> {
    const [found] = await this.cluster.admin.fetchOffsets({ groupId: GROUP, topics: [this.topic] });
    return new Map(
      found!.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]),
    );
  }

  /** Whether the group is at rest, with so many members that have partitions each. */
  async shared(members: number): Promise<boolean> {
    const { groups } = await this.cluster.admin.describeGroups([GROUP]);
    const { state, members: all } = groups[0]!;
    const owners = all.filter(({ memberAssignment }) => {
      const decoded =
        memberAssignment.length > 0 ? AssignerProtocol.MemberAssignment.decode(memberAssignment) : null;
      return (decoded?.assignment[this.topic] ?? []).length > 0;
    });
    return state === 'Stable' && owners.length === members;
  }

  /** Sets the ledger of a run beside what is stored: in the warehouse, or as rows given. */
  async check(run: string, rows: readonly Place[] | null = null): Promise<Check> {
    const all = await found(this);
    const given = rows && { rows, committed: await this.committed() };
    return check(readLedger(this.ledger(run)), { ...all, ...given });
  }

  /** Lazily: processes that were killed may have files of it for another moment. */
  #unmount = (): void => void execFileSync('umount', ['-l', this.spool]);

  async close(): Promise<void> {
    this.conservation.end();
    // A row that threw has not ended its load.
    await Promise.all(this.#loads.map((load) => load.stop()));
    await Promise.all([this.collector, this.worker, ...this.#joined].map((part) => part?.kill()));
    await this.prometheus?.close();
    await this.sink?.close();
    if (!this.options.cluster) await this.cluster.close();
    if (this.options.spoolDisk !== undefined) this.#unmount();
    process.off('exit', this.#unmount);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
