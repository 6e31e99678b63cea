/** A worker that stores rows until it is killed: `child.ts FILE POSITION SAVED`. Prints what was acknowledged. */
import { openWarehouse } from '../../src/warehouse/open.js';
import { KEY, rejected, rows } from './rows.js';

const [file, position, saved] = process.argv.slice(2);
const warehouse = await openWarehouse(`duckdb:${file}`, { mode: 'own' });
await warehouse.applySchema(await warehouse.planSchema());
const writer = await warehouse.openPartition(KEY, saved || null);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const { token } = (await warehouse.publishEndpoint({ port: 9 })) ?? {};
say({ skip: writer.skip, saved: writer.saved, token });
let next = Number(position) + writer.skip;
// Two appends under way at any time, of changing size, as the worker does it.
const loop = async (): Promise<void> => {
  for (;;) {
    const size = 1 + (next % 60);
    const first = next;
    next += size;
    const receipt = await writer.append(rows(first, size));
    say({ behind: first + size, saved: receipt.saved });
    if (first % 7 === 0) await warehouse.reject([rejected(first)]);
  }
};
await Promise.all([loop(), loop()]);
