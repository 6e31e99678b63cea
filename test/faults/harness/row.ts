/** A row of the scoreboard: one file of test/faults/rows each. */
import type { Generator } from '../../helpers/ledger.js';
import { type Check, isClean, type Place, summary } from './check.js';
import { Stage, type StageOptions } from './stage.js';

export interface Context {
  readonly seed: number;
  /** A line about how far it is. */
  readonly say: (text: string) => void;
}

export interface Outcome {
  readonly ok: boolean;
  /** One line for the table. */
  readonly measured: string;
  readonly figures: Readonly<Record<string, unknown>>;
}

/** An outcome as it is printed and kept. */
export interface Result extends Outcome {
  readonly number: string;
  readonly title: string;
  readonly target: string;
  readonly verdict: 'holds' | 'MISSED' | 'skipped';
  readonly seconds: number;
}

export interface Row<P = unknown> {
  /** Of the scoreboard; a second test of the same row has a letter. */
  readonly number: string;
  readonly title: string;
  readonly target: string;
  /** What a build can afford, null where its other tests have it, and what the scoreboard asks for. */
  readonly quick: P | null;
  readonly full: P;
  /** The tests of a build that show the same already: its quick run is only for who asks for the row by --only. */
  readonly shownBy?: string;
  /** Why this machine cannot run it with these parameters, or null. */
  missing?(parameters: NoInfer<P>): string | null;
  run(parameters: P, context: Context): Promise<Outcome>;
}

/** Whether the quick tier has it. */
export const isForBuilds = ({ quick, shownBy }: Pick<Row, 'quick' | 'shownBy'>): boolean =>
  quick !== null && shownBy === undefined;

/** Keeps a row's parameters typed while rows of all kinds stand in one list. */
export const row = <P>(one: Row<P>): Row => one as Row;

/** Runs `body` on a stage of its own. */
export async function onStage<T>(options: StageOptions, body: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await Stage.open(options);
  try {
    return await body(stage);
  } finally {
    await stage.close();
  }
}

export interface Judged {
  readonly ok: boolean;
  readonly check: Check;
  readonly text: string;
  readonly figures: Readonly<Record<string, unknown>>;
}

/**
 * The end of every row: no more load, everything at rest, the ledger beside what is stored, and the conservation.
 * `rows`: of a warehouse that is not the stage's own.
 */
export async function judged(
  stage: Stage,
  load: Generator,
  run: string,
  rows: readonly Place[] | null = null,
): Promise<Judged> {
  await load.stop();
  await stage.quiet();
  const check = await stage.check(run, rows);
  const { conservation } = stage;
  const counted = await stage.countedAcknowledged();
  const settled = await conservation.settled();
  conservation.counted(counted, check, settled?.rejected ?? 0);
  const { lost, doubledRows, phantoms } = check;
  const broken = conservation.violations.length;
  return {
    ok: isClean(check) && broken === 0 && check.acknowledged > 0,
    check,
    text: `${lost.length} lost, ${doubledRows.length} doubled, ${phantoms.length} invented of ${check.acknowledged}`,
    figures: {
      ...summary(check),
      answers: Object.fromEntries(load.ledger.answers),
      said: stage.collector.stderr().slice(-1_000),
      conservation: {
        samples: conservation.samples,
        violations: conservation.violations.slice(0, 5),
        mostUncommitted: conservation.mostUncommitted,
        settled,
        counted,
      },
    },
  };
}

/** How often the primary has started a process again. */
export async function restarts(stage: Stage): Promise<number> {
  const answer = await fetch(`${stage.collector.ready.admin}/readyz`);
  return ((await answer.json()) as { restarts: number }).restarts;
}
