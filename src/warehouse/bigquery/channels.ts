import {
  Channel,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientOptions,
  type Client as GrpcClient,
  type Metadata,
} from '@grpc/grpc-js';

/**
 * Appends of one connection. Servers of HTTP/2 take about a hundred calls a connection, and what goes beyond waits,
 * without a word, until others end, which an append's call does not. The other half is for calls that end.
 */
const MOST_APPENDS = 50;

type StubClass<S> = new (address: string, credentials: ChannelCredentials, options: ClientOptions) => S;

interface Appender<C> extends GrpcClient {
  appendRows(metadata: Metadata): C;
}

/** A stub, and more of its kind on connections of their own when the appends of one partition each become many. */
export class Channels<C extends ClientDuplexStream<never, unknown>, S extends Appender<C>> {
  /** For calls that end. */
  readonly first: S;
  readonly #another: () => S;
  readonly #open: { readonly stub: S; appends: number }[];

  private constructor(first: S, another: () => S) {
    this.first = first;
    this.#another = another;
    this.#open = [{ stub: first, appends: 0 }];
  }

  /** `make` makes the first stub with these options; the channels of all others are like its own. */
  static async open<C extends ClientDuplexStream<never, unknown>, S extends Appender<C>>(
    make: (options: object) => Promise<S>,
  ): Promise<Channels<C, S>> {
    let like!: readonly [string, ChannelCredentials, ClientOptions];
    const channelFactoryOverride: ClientOptions['channelFactoryOverride'] = (...args) => {
      like = args;
      return channel(args);
    };
    const first = await make({ 'grpc.channelFactoryOverride': channelFactoryOverride });
    const [address, credentials, options] = like;
    const another = () =>
      new (first.constructor as StubClass<S>)(address, credentials, {
        ...options,
        channelOverride: channel(like),
      });
    return new Channels<C, S>(first, another);
  }

  append(metadata: Metadata): C {
    const least = this.#open.reduce((a, b) => (b.appends < a.appends ? b : a));
    const used = least.appends < MOST_APPENDS ? least : { stub: this.#another(), appends: 0 };
    if (used !== least) this.#open.push(used);
    used.appends++;
    const call = used.stub.appendRows(metadata);
    // However a call ends, its status is told.
    call.once('status', () => void used.appends--);
    return call;
  }

  close(): void {
    for (const { stub } of this.#open) stub.close();
  }
}

/** Channels to one place would else share their connection. */
const channel = ([address, credentials, options]: readonly [
  string,
  ChannelCredentials,
  ClientOptions,
]): Channel => new Channel(address, credentials, { ...options, 'grpc.use_local_subchannel_pool': 1 });
