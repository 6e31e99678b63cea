import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StargateError } from '../../errors.js';
import { createFile, type Disk, isMissing, makeFolder } from './disk.js';

const FORMAT = 1;

/** The id in the file; null where there is none. Errors: STG_LOG_VERSION, STG_LOG_CORRUPT. */
export async function readMeta(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (text === null) return null;
  const meta = parse(text, path);
  if (meta.format > FORMAT) {
    throw new StargateError('STG_LOG_VERSION', {
      expected: `format ${FORMAT}`,
      got: `format ${meta.format}: ${path}`,
    });
  }
  return meta.id;
}

function parse(text: string, path: string): { format: number; id: string } {
  try {
    const meta = JSON.parse(text);
    if (typeof meta.id === 'string' && typeof meta.format === 'number') return meta;
  } catch {}
  throw new StargateError('STG_LOG_CORRUPT', {
    message: 'The file that names the log cannot be read.',
    got: path,
    next: 'Restore it from a backup: with a new id the positions in the warehouse would not fit.',
  });
}

/** The log's id, made with its folder. Several processes that make one folder at once agree on one id. */
export async function openMeta(disk: Disk, folder: string): Promise<string> {
  const path = join(folder, 'stargate-log.json');
  await makeFolder(disk, folder);
  const found = await readMeta(path);
  if (found !== null) return found;
  await createFile(disk, path, Buffer.from(JSON.stringify({ format: FORMAT, id: randomUUID() })));
  return (await readMeta(path))!;
}
