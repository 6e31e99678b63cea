/** Every bound of the collector, once. */
export interface Rate {
  /** Requests a second, on average. */
  readonly perSecond: number;
  /** Requests at once. */
  readonly burst: number;
}

export interface Limits {
  /** Bytes of a body as sent, and decompressed. */
  readonly wireBytes: number;
  readonly inflatedBytes: number;
  /** Bytes of the pixel's parameter `d`. */
  readonly pixelBytes: number;
  /** Bytes of bodies between their arrival and their answer, and of records between append and outcome. */
  readonly inflightBytes: number;
  /** ms until an append that has no outcome is answered with 503. */
  readonly answerMs: number;
  /** ms that the event loop may be late before requests are shed; Infinity: never. */
  readonly lateMs: number;
  /** Null: no limit. */
  readonly perKey: Rate | null;
  /** By /24 or /48. */
  readonly perAddress: Rate | null;
}

export const LIMITS: Limits = {
  wireBytes: 512 * 1024,
  inflatedBytes: 2 * 1024 * 1024,
  pixelBytes: 2 * 1024,
  inflightBytes: 64 * 1024 * 1024,
  answerMs: 10_000,
  lateMs: 400,
  perKey: null,
  perAddress: null,
};
