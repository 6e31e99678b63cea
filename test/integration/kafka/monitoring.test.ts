/** A Prometheus as it is shipped, in front of a real `serve` and a real `worker`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../../helpers/needs.js';
import { MONITORING, startPrometheus } from '../../helpers/prometheus.js';
import { eventually, start } from '../../helpers/running.js';
import { SERVE, servingOver } from './serving.js';

const rules = (): string =>
  readdirSync(join(MONITORING, 'rules'))
    .map((file) => readFileSync(join(MONITORING, 'rules', file), 'utf8'))
    .join('\n')
    .replace(/^ *#.*$/gm, '');

describeWith('kafka', 'Prometheus', () => {
  const { folder, topic, serve } = servingOver();

  describeWith('prometheus', 'as it is shipped', () => {
    it('finds whom it asks, every metric that a rule is about, and no fault in a rule', async () => {
      const url = await topic();
      const spooling = await serve(url, '--workers', '2');
      const fast = await start([...SERVE, '--log', url, '--workers', '1', '--ack', 'fast'], {
        cwd: folder(),
      });
      const worker = await start(['worker', '--log', url, '--admin-port', '0'], { cwd: folder() });
      const prometheus = await startPrometheus({
        collector: [spooling.ready.admin!, fast.ready.admin!],
        worker: [worker.ready.admin!],
      });
      try {
        await eventually(
          async () => (await prometheus.query('up == 1')).length === 3,
          () => `three that answer; Prometheus said:\n${prometheus.output()}`,
        );
        const names = new Set(rules().match(/\bstargate_[a-z_]+\b/g));
        expect(names.size).toBeGreaterThan(5);
        const kinds = [...rules().matchAll(/kind=~"([^"]+)"/g)].map(([, kind]) => kind!);
        expect(kinds).toHaveLength(2);
        const selectors = [
          ...names,
          // Before anything has failed: what appears with a value does not increase.
          ...kinds.map((kind) => `stargate_producer_errors_total{kind=~"${kind}"} == 0`),
          'stargate_http_requests_total{code=~"5.."} == 0',
        ];
        for (const one of selectors)
          expect(await prometheus.query(one), `${one} finds nothing`).not.toHaveLength(0);
        await eventually(
          async () => (await prometheus.query('stargate:late:bool == 0')).length > 0,
          () => 'a rule that has been evaluated',
        );
        const { groups } = await prometheus.ask<{ groups: { rules: { health: string }[] }[] }>('rules');
        const health = groups.flatMap((group) => group.rules.map((rule) => rule.health));
        expect(health.length).toBeGreaterThan(20);
        expect(new Set(health)).toEqual(new Set(['ok']));
        expect(await prometheus.ask<{ alerts: unknown[] }>('alerts')).toEqual({ alerts: [] });
      } finally {
        await prometheus.close();
      }
    });
  });
});
