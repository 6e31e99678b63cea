/** What Kafka refused for good, in files beside the spools: where they are, and a person taken out of them. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import { type Check, count, failed, ok, word } from '../doctor/port.js';
import type { ErasedRecords } from '../log/port.js';
import { Aside } from '../log/spooled/index.js';

export const refusedFolder = ({ spool }: Pick<Config, 'spool'>): string => join(spool, 'refused');

/** What a person needs to know of them. */
export const refusedText = (records: number, folder: string): string =>
  `${records} acknowledged ${records === 1 ? 'event is' : 'events are'} set aside in ${folder}: Kafka refuses ` +
  `${records === 1 ? 'it' : 'them'}, for the reason in the name of the file. Change the topic, put them back with ` +
  'stargate replay FILE, then remove the file.';

/** Whether any are there, of whatever process: acknowledged, and waiting for a person. */
export const refusedCheck = (config: Pick<Config, 'spool'>): Check => ({
  code: 'STG_SPOOL_REFUSED',
  async look() {
    const aside = new Aside(refusedFolder(config), '', 0, () => true);
    const { records } = await aside.figures();
    if (records === 0) return ok('none');
    return failed(
      `${count(records, 'acknowledged event')} set aside, as Kafka refuses them: see the names of the files`,
      `ls ${word(aside.folder)}; change the topic, then stargate replay FILE`,
    );
  },
});

/** Takes the lines about a person out of the files, or counts them. No collector may write there meanwhile. */
export async function eraseRefused(
  config: Config,
  about: (value: Buffer) => boolean,
  dryRun: boolean,
): Promise<ErasedRecords> {
  const folder = refusedFolder(config);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.ndjson'));
  let erased = 0;
  for (const name of names) {
    const path = join(folder, name);
    const lines = (await readFile(path)).toString('latin1').split('\n');
    const left = lines.filter((line) => !about(Buffer.from(line, 'latin1')));
    erased += lines.length - left.length;
    if (dryRun || left.length === lines.length) continue;
    await writeFile(`${path}.new`, Buffer.from(left.join('\n'), 'latin1'), { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }
  return { erased, waiting: 0 };
}
