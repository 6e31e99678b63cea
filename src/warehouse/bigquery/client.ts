/**
 * The Storage Write API over gRPC. The package brings credentials, certificates, protos and the stub; calls are made
 * on the stub itself, with deadlines of our own: the package's retries would send what must not be sent twice, and
 * its connections open a new call behind a failed one's back (delivery.md §4).
 */

// Only this file of the package: the whole of it loads Arrow and takes half a second.
import { BigQueryWriteClient } from '@google-cloud/bigquery-storage/build/src/v1/big_query_write_client.js';
import { type ClientDuplexStream, credentials, type Client as GrpcClient, Metadata } from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';
import type { ProtoMessage } from '../../event/derive/protobuf.js';
import { Channels } from './channels.js';
import type { Failure } from './errors.js';

export interface AppendRequest {
  readonly writeStream?: string;
  readonly offset?: { readonly value: number };
  readonly protoRows: {
    readonly writerSchema?: { readonly protoDescriptor: ProtoMessage };
    readonly rows: { readonly serializedRows: readonly Buffer[] };
  };
}

export interface AppendAnswer {
  readonly appendResult?: { readonly offset?: { readonly value?: string | null } | null } | null;
  readonly error?: Failure | null;
  readonly rowErrors?: readonly { readonly index?: string | null; readonly message?: string | null }[];
}

export interface TableColumn {
  readonly name: string;
  readonly fields?: readonly TableColumn[];
}

export interface WriteStream {
  readonly name: string;
  /** Only in the answer to its creation. */
  readonly tableSchema?: { readonly fields?: readonly TableColumn[] } | null;
}

export type AppendCall = ClientDuplexStream<AppendRequest, AppendAnswer>;

interface Calls {
  createWriteStream: WriteStream;
  getWriteStream: WriteStream;
  finalizeWriteStream: { readonly rowCount?: string | null };
}
type Unary = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  done: (error: Failure | null, answer: never) => void,
) => void;
type Stub = GrpcClient & Record<keyof Calls, Unary> & { appendRows(metadata: Metadata): AppendCall };

export interface StorageEndpoint {
  readonly host: string;
  readonly port: number;
  /** Plain text and without credentials: an emulator. */
  readonly insecure: boolean;
}

export interface ClientSettings {
  readonly project: string;
  /** Null for Google's own. */
  readonly endpoint: StorageEndpoint | null;
  /** ms until a call that creates or finalizes counts as failed. */
  readonly deadlineMs: number;
}

const CHANNEL = {
  ...{ 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 10_000 },
  // Behind a long outage the package would wait for two minutes before it looks again.
  'grpc.max_reconnect_backoff_ms': 5_000,
};

const local = ({ host, port, insecure }: StorageEndpoint) => ({
  ...{ apiEndpoint: host, port },
  // An empty client keeps the package from looking for credentials, on a metadata server too.
  ...(insecure && { sslCreds: credentials.createInsecure(), authClient: new OAuth2Client() as never }),
});

/** By the routing parameter the service finds the region that the table is in. */
function metadata(name: string, value: string): Metadata {
  const headers = new Metadata();
  headers.set('x-goog-request-params', `${name}=${encodeURIComponent(value)}`);
  return headers;
}

export class StorageClient {
  readonly #channels: Channels<AppendCall, Stub>;
  readonly #deadlineMs: number;

  private constructor(channels: Channels<AppendCall, Stub>, deadlineMs: number) {
    this.#channels = channels;
    this.#deadlineMs = deadlineMs;
  }

  /** Finds credentials, where some are needed. Rejects where there are none. */
  static async open({ project, endpoint, deadlineMs }: ClientSettings): Promise<StorageClient> {
    const make = async (options: object): Promise<Stub> => {
      const client = new BigQueryWriteClient({
        ...{ projectId: project, ...CHANNEL, ...options },
        ...(endpoint && local(endpoint)),
      });
      return (await client.initialize()) as unknown as Stub;
    };
    return new StorageClient(await Channels.open<AppendCall, Stub>(make), deadlineMs);
  }

  create(table: string): Promise<WriteStream> {
    const request = { parent: table, writeStream: { type: 'COMMITTED' } };
    return this.#call('createWriteStream', request, metadata('parent', table));
  }

  /** Rejects with NOT_FOUND where there is no such stream. */
  get(name: string): Promise<WriteStream> {
    return this.#call('getWriteStream', { name }, metadata('name', name));
  }

  /** Closes the stream for good, and counts its rows; a second time it only counts. */
  async finalize(name: string): Promise<number> {
    const { rowCount } = await this.#call('finalizeWriteStream', { name }, metadata('name', name));
    return Number(rowCount ?? 0);
  }

  append(writeStream: string): AppendCall {
    return this.#channels.append(metadata('write_stream', writeStream));
  }

  close(): void {
    this.#channels.close();
  }

  #call<K extends keyof Calls>(name: K, request: object, headers: Metadata): Promise<Calls[K]> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + this.#deadlineMs;
      this.#channels.first[name](request, headers, { deadline }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  }
}
