import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../helpers/source.js';

const folder = join(root, 'templates', 'monitoring');
const textOf = (name: 'rules' | 'tests'): string =>
  readdirSync(join(folder, name))
    .map((file) => readFileSync(join(folder, name, file), 'utf8'))
    .join('\n');
const alerts = textOf('rules')
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => [text.slice(0, text.indexOf('\n')), text] as const);
const runbooks = readFileSync(join(root, 'docs', 'operating-kafka.md'), 'utf8')
  .split(/^### /m)
  .slice(1);

/** The anchor of a heading, as GitHub makes it. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');

describe('alerts', () => {
  it('are there', () => expect(alerts.length).toBeGreaterThanOrEqual(10));

  it.each(alerts)(
    '%s has a severity, a runbook that names it, and a test that sees it fire',
    (name, text) => {
      expect(text).toMatch(/severity: (page|ticket)\b/);
      const [, target] = /runbook: docs\/operating-kafka\.md#(\S+)/.exec(text) ?? [];
      const runbook = runbooks.find((one) => anchor(one.slice(0, one.indexOf('\n'))) === target);
      expect(runbook).toContain(`\`${name}\``);
      // On a line of its own where it is expected; `{ alertname: …, exp_alerts: [] }` says when it is not.
      const fires = new RegExp(`alertname: ${name}\n|"${name}", alertstate="firing", severity`);
      expect(textOf('tests')).toMatch(fires);
    },
  );
});
