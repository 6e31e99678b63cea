import { expect, it } from 'vitest';
import { descriptors } from '../../src/server/descriptors.js';

it.runIf(process.platform === 'linux')('knows how many descriptors this process may have open', () => {
  const { userLimits } = process.report!.getReport() as unknown as {
    userLimits: { open_files: { soft: number | string } };
  };
  expect(String(descriptors()).replace('Infinity', 'unlimited')).toBe(String(userLimits.open_files.soft));
});
