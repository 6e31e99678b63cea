/** Notes of members: whose process is dead, whose is not, and what a folder may hold that is none. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Brokers } from '../../../src/log/kafka/connect-brokers.js';
import { evictDead } from '../../../src/log/kafka/consumer-evict.js';
import { deadMembers, MemberNote } from '../../../src/log/kafka/consumer-note.js';

const PLACE = { cluster: 'c-1', group: 'workers' };
const SOME = '0123456789abcdef';

function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'stargate-members-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'members');
}

function noteIn(folder: string, place = PLACE) {
  const warnings: string[] = [];
  const note = new MemberNote(folder, place, (text) => warnings.push(text));
  onTestFinished(() => note.end(true));
  return { note, warnings };
}

const dead = async (folder: string, place = PLACE): Promise<string[]> =>
  (await deadMembers(folder, place)).map(({ member }) => member);

/** A process that has noted itself. */
async function noted(folder: string, member: string): Promise<ChildProcess> {
  const file = new URL('./note-child.ts', import.meta.url);
  const child = fork(file, [folder, JSON.stringify(PLACE), member], { execArgv: ['--import', 'tsx'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

it('a process that was killed is dead, one that runs or is stopped is not', async () => {
  const folder = newFolder();
  const [killed, stopped] = await Promise.all([noted(folder, 'm-killed'), noted(folder, 'm-stopped')]);
  await noteIn(folder).note.write('m-here');
  expect(await dead(folder)).toEqual([]);
  stopped.kill('SIGSTOP');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const [found, ...others] = await deadMembers(folder, PLACE);
  expect([found?.member, others]).toEqual(['m-killed', []]);
  expect(readdirSync(folder)).toHaveLength(6);
  await found?.forget();
  expect(readdirSync(folder)).toHaveLength(4);
  expect(await dead(folder)).toEqual([]);
});

it('is for the user alone, whole at every moment, and names the newest id', async () => {
  const folder = newFolder();
  const { note } = noteIn(folder);
  const seen = new Set<string>();
  let writing = true;
  const looking = (async () => {
    for (; writing; await new Promise((resolve) => setImmediate(resolve)))
      for (const file of existsSync(folder) ? readdirSync(folder) : [])
        if (file.endsWith('.json')) seen.add(JSON.parse(readFileSync(join(folder, file), 'utf8')).member);
  })();
  await Promise.all(Array.from({ length: 50 }, (_, i) => note.write(`m-${i}`)));
  writing = false;
  await looking;
  const files = readdirSync(folder);
  expect(files.map((file) => file.slice(file.indexOf('.'))).sort()).toEqual(['.json', '.sock']);
  const path = join(folder, files.find((file) => file.endsWith('.json'))!);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ ...PLACE, member: 'm-49' });
  expect([statSync(path).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
  expect([...seen].every((member) => /^m-\d+$/.test(member))).toBe(true);
});

it('is gone when the member has left, and stays for the next start when it could not', async () => {
  const folder = newFolder();
  const [left, stuck] = [noteIn(folder).note, noteIn(folder).note];
  await left.write('m-left');
  await stuck.write('m-stuck');
  await left.end(true);
  await stuck.end(false);
  await stuck.write('m-late');
  expect(await dead(folder)).toEqual(['m-stuck']);
});

it('says nothing to other groups and clusters, which leave it alone', async () => {
  const folder = newFolder();
  const { note } = noteIn(folder);
  await note.write('m-1');
  await note.end(false);
  for (const other of [
    { ...PLACE, group: 'others' },
    { ...PLACE, cluster: 'c-2' },
  ])
    expect(await dead(folder, other)).toEqual([]);
  expect(await dead(folder)).toEqual(['m-1']);
});

const boot = async (): Promise<string> => {
  const folder = newFolder();
  const { note } = noteIn(folder);
  await note.write('m');
  const file = readdirSync(folder).find((name) => name.endsWith('.json'))!;
  return JSON.parse(readFileSync(join(folder, file), 'utf8')).boot;
};
const whole = async (more: object) =>
  JSON.stringify({ ...PLACE, boot: await boot(), member: 'm-1', ...more });

it.each([
  ['torn', async () => (await whole({})).slice(0, -9)],
  ['empty', async () => ''],
  ['null', async () => 'null'],
  ['of an earlier start of the machine', () => whole({ boot: 'another' })],
  ['without a member', () => whole({ member: '' })],
  ['with a number for a member', () => whole({ member: 7 })],
  ['too large', () => whole({ member: 'm'.repeat(5_000) })],
])('a file that is %s names nobody, and is removed', async (_, text) => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, `${SOME}.json`), await text());
  expect(await dead(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

it('a link, a folder or another file in its place names nobody', async () => {
  const folder = newFolder();
  const elsewhere = join(folder, '..', 'elsewhere.json');
  mkdirSync(join(folder, `${'a'.repeat(16)}.json`), { recursive: true });
  writeFileSync(elsewhere, await whole({}));
  symlinkSync(elsewhere, join(folder, `${'b'.repeat(16)}.json`));
  writeFileSync(join(folder, 'notes.json'), await whole({}));
  expect(await dead(folder)).toEqual([]);
  expect(existsSync(elsewhere)).toBe(true);
});

it('no folder is no note', async () => expect(await dead(newFolder())).toEqual([]));

it.each([
  [
    'a file where the folder should be',
    (folder: string) => writeFileSync(folder, ''),
    (folder: string) => folder,
  ],
  ['a path too long for a socket', () => {}, (folder: string) => join(folder, 'x'.repeat(100), 'members')],
])('%s is told once, and stops nobody', async (_, prepare, place) => {
  const folder = newFolder();
  prepare(folder);
  const { note, warnings } = noteIn(place(folder));
  await note.write('m-1');
  await note.write('m-2');
  await note.end(true);
  expect(warnings).toEqual([expect.stringMatching(/^the membership of group workers could not be noted \(/)]);
});

it('a member that cannot be evicted is told of, and noted for the next start', async () => {
  const folder = newFolder();
  const { note } = noteIn(folder);
  await note.write('m-1');
  await note.end(false);
  const warnings: string[] = [];
  const away = async (): Promise<never> => {
    throw new Error('nobody answers');
  };
  const brokers = { clusterId: PLACE.cluster, coordinator: away, to: away } as unknown as Brokers;
  const options = { membersFolder: folder, onWarning: (text: string) => void warnings.push(text) };
  await evictDead(brokers, PLACE.group, options, new AbortController().signal);
  expect(warnings).toEqual([expect.stringContaining('nobody answers')]);
  expect(await dead(folder)).toEqual(['m-1']);
});
