import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** One project per tier of the test plan; folders below test/ that mirror src/ are the unit tier. */
const tier = (name: string, include: string[], more: Record<string, unknown> = {}) => ({
  extends: true as const,
  test: { name, include, testTimeout: 20_000, hookTimeout: 60_000, ...more },
});
const files = (folder: string) => [`test/${folder}/**/*.test.ts`];
const outside = ['contract', 'guards', 'integration', 'e2e', 'faults', 'bench'];
/**
 * Clusters that are killed and stopped, and files that measure, and last the faults: one after another, when everything
 * else is done, so that they have the machine to themselves.
 */
const ALONE = ['kafka', 'measure'] as const;
const folders = (name: string) => files(`integration/${name}`);
const alone = (name: (typeof ALONE)[number]) =>
  tier(name, folders(name), {
    fileParallelism: false,
    sequence: { groupOrder: ALONE.indexOf(name) + 1 },
    testTimeout: 120_000,
    hookTimeout: 240_000,
  });

export default defineConfig({
  test: {
    // Most files wait for processes, browsers and disks: with one worker a machine of two cores stands idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/ui/**', 'src/tracker/**', 'src/**/port.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'coverage',
    },
    projects: [
      { ...tier('unit', ['test/*/**/*.test.ts'], { exclude: outside.flatMap(files) }) },
      { ...tier('contract', files('contract')) },
      { ...tier('guards', files('guards'), { testTimeout: 60_000 }) },
      {
        ...tier('integration', files('integration'), {
          exclude: ALONE.flatMap(folders),
          testTimeout: 120_000,
          hookTimeout: 240_000,
        }),
      },
      ...ALONE.map(alone),
      { ...tier('e2e', files('e2e'), { testTimeout: 120_000, hookTimeout: 120_000 }) },
      {
        ...tier('faults', files('faults'), {
          fileParallelism: false,
          sequence: { groupOrder: ALONE.length + 1 },
          testTimeout: 600_000,
          hookTimeout: 120_000,
        }),
      },
    ],
  },
});
