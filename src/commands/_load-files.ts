/** Reports of `loadtest` that go to files, and reports read back from them. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StargateError } from '../errors.js';
import type { LoadReport } from '../measure/load/report.js';
import type { Flags } from './_load-values.js';

/** Loaded when asked for: plots and the like are heavy. */
const WRITERS: Readonly<Record<string, () => Promise<(report: LoadReport) => string>>> = {
  html: async () => (await import('../measure/report/html.js')).loadHtml,
  csv: async () => (await import('../measure/report/csv.js')).loadCsv,
  hlog: async () => (await import('../measure/report/hlog.js')).loadHlog,
  prometheus: async () => (await import('../measure/report/prometheus.js')).loadPrometheus,
};

/** Writes what the flags ask for; returns the names as given. Errors: STG_OUTPUT_WRITE. */
export async function writeReports(
  report: LoadReport,
  flags: Flags,
  cwd: string,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const [flag, writer] of Object.entries(WRITERS)) {
    const name = flags[flag];
    if (typeof name !== 'string') continue;
    const text = (await writer())(report);
    try {
      await writeFile(resolve(cwd, name), text);
    } catch (error) {
      throw new StargateError('STG_OUTPUT_WRITE', {
        got: `${name}: ${(error as NodeJS.ErrnoException).code}`,
        cause: error,
      });
    }
    written.push(name);
  }
  return written;
}

/** Reports as `--json` printed them. Errors: STG_OPTION_INVALID. */
async function readReports(names: readonly string[], cwd: string): Promise<readonly LoadReport[]> {
  return Promise.all(
    names.map(async (name) => {
      let got = 'another document';
      try {
        const document = JSON.parse(await readFile(resolve(cwd, name), 'utf8')) as LoadReport;
        if (document?.kind === 'stargate.loadtest' && document.version === 1) return document;
      } catch (error) {
        got = (error as NodeJS.ErrnoException).code ?? 'no JSON';
      }
      throw new StargateError('STG_OPTION_INVALID', {
        message: `${name} cannot be read as a report.`,
        expected: 'a file with what stargate loadtest --json printed',
        got,
      });
    }),
  );
}

/** One report of several runs. Errors: STG_OPTION_INVALID. */
export async function mergedReport(names: readonly string[], cwd: string): Promise<LoadReport> {
  if (names.length === 0) {
    throw new StargateError('STG_OPTION_INVALID', {
      message: 'There is no report to read.',
      next: 'stargate loadtest report run-1.json run-2.json --html merged.html',
    });
  }
  const { mergeLoad } = await import('../measure/report/merge.js');
  return mergeLoad(await readReports(names, cwd));
}
