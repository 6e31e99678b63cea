/** Stand-in until the real one is merged: the rules of the design, without the bounds of its counts. */
interface Element {
  nodeName: string;
  id: string;
  className: string;
  textContent: string;
}
type Window = { window: unknown };

export function sanitise(input: unknown): { value: unknown; truncated: string[]; notes: string[] } {
  const truncated: string[] = [];
  const parents: unknown[] = [];
  let room = 48 * 1024;
  const isUnsafe = /^(__proto__|constructor|prototype)$/;
  const type = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);
  const cut = (path: string) => {
    if (truncated.length < 50) truncated[truncated.length] = path;
  };
  function text(value: string, path: string, max = 8192): string {
    const limit = Math.min(max, room);
    const clean = value
      .slice(0, limit)
      .replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF\0]/g, (found) =>
        found.length > 1 ? found : '\uFFFD',
      );
    if (clean.length < value.length) cut(path);
    room -= clean.length;
    return clean;
  }
  function element(node: Element): unknown {
    const name = `${node.nodeName}`.toLowerCase() + (node.id ? `#${node.id}` : '');
    return { $el: text(`${name}.${node.className}`, '', 256), text: text(`${node.textContent}`, '', 64) };
  }
  function walk(value: unknown, path: string, depth: number): unknown {
    if (typeof value === 'string') return text(value, path);
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value !== 'object') return undefined;
    const kind = type(value);
    if (kind === 'Date') return Number.isNaN(+(value as Date)) ? null : (value as Date).toISOString();
    if (kind === 'File') return text((value as File).name, path);
    if ('nodeType' in value && 'nodeName' in value)
      return 'body' in value ? undefined : element(value as unknown as Element);
    if ((value as Window).window === value || /Event$/.test(kind)) return undefined;
    if (parents.indexOf(value) >= 0) return '[Circular]';
    if (depth > 10 || room <= 0) return cut(path);
    parents[depth] = value;
    const list = kind === 'Map' || kind === 'Set' ? Array.from(value as Set<unknown>) : value;
    const copy: Record<string, unknown> | unknown[] = Array.isArray(list) ? [] : {};
    const keys = Object.keys(list);
    const most = Array.isArray(list) ? 200 : 500;
    if (keys.length > most) cut(path);
    for (const key of keys.slice(0, most)) {
      const below = `${path}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`;
      const found = isUnsafe.test(key)
        ? undefined
        : attempt(list as Record<string, unknown>, key, below, depth);
      room -= key.length;
      if (Array.isArray(copy)) copy[copy.length] = found === undefined ? null : found;
      else if (found !== undefined) copy[key] = found;
    }
    parents.length = depth;
    return copy;
  }
  function attempt(bag: Record<string, unknown>, key: string, path: string, depth: number): unknown {
    try {
      return walk(bag[key], path, depth + 1);
    } catch {
      return '[Error]';
    }
  }
  return { value: attempt({ input }, 'input', '', -1), truncated, notes: [] };
}
