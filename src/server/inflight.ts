/** Bytes of request bodies between their arrival and their answer: the bound that keeps memory flat. */
import { StargateError } from '../errors.js';

export class Inflight {
  readonly limit: number;
  #bytes = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Errors: STG_OVERLOADED, and nothing is reserved. */
  reserve(bytes: number): void {
    if (this.#bytes + bytes > this.limit) throw new StargateError('STG_OVERLOADED');
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
