/** What a run and its sending processes say to each other. */
import { isStargateError, StargateError } from '../../errors.js';
import type { Delta, SenderEnd, SendPlan } from './wire.js';

export type ToSender =
  | { readonly plan: SendPlan }
  /** ms since 1970, with fractions. */
  | { readonly startAt: number }
  /** Stop, and wait this long for answers. */
  | { readonly stop: number };

export interface PackedError {
  readonly code: string | null;
  readonly message: string;
}

export type FromSender =
  | { readonly ready: true }
  | { readonly delta: Delta }
  | { readonly end: SenderEnd }
  | { readonly failed: PackedError };

export const packedError = (error: unknown): PackedError => ({
  code: isStargateError(error) ? error.code : null,
  message: error instanceof Error ? error.message : String(error),
});

export const unpackedError = ({ code, message }: PackedError): Error =>
  code === 'STG_OPTION_INVALID' ? new StargateError(code, { message }) : new Error(message);
