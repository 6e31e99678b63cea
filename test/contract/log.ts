import { appending } from './log-appending.js';
import { closing, committing } from './log-committing.js';
import { consuming } from './log-consuming.js';
import { type LogUnderTest, suiteOf } from './log-suite.js';

/** The port's contract. Tests are skipped by `features`, never by the adapter's name. */
export function logContract(name: string, make: () => Promise<LogUnderTest>): void {
  const suite = suiteOf(name, make);
  for (const part of [appending, consuming, committing, closing]) part(suite);
}
