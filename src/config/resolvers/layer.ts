import type { SettingName } from '../schema.js';

/** A raw value, and where it was found. */
export interface Found {
  readonly raw: unknown;
  /** For a person: `flag --port`, `environment STARGATE_PORT`, `stargate.json`, `default`. */
  readonly origin: string;
  /** Where a fault of it is: `--port`, `STARGATE_PORT`, `stargate.json /port`. */
  readonly at: string;
  readonly text: boolean;
  readonly folder?: string | null;
}

/** What one resolver found. Layers are ordered: the first one that has a setting decides it. */
export type Layer = Readonly<Partial<Record<SettingName, Found>>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as absent: compose files and units write `NAME=` for "not set". */
export const variable = (env: Environment, name: string): string | undefined =>
  env[name]?.trim() || undefined;
