/** A person as sites know one, and whether a record, or a text, is about them. Pure. */

export interface Person {
  readonly clientId: string | null;
  readonly userId: string | null;
}

/** Shorter ids are looked for in their columns only: inside other text they would be found everywhere. */
const SHORTEST = 6;

export const idsOf = ({ clientId, userId }: Person): readonly string[] =>
  [clientId, userId].filter((id) => id !== null);

/**
 * A pattern, the same to JavaScript and to RE2, of any of the ids standing alone in a text; null where all are too
 * short for that.
 */
export function patternOf(person: Person): string | null {
  const ids = idsOf(person).filter((id) => id.length >= SHORTEST);
  if (ids.length === 0) return null;
  // RE2 takes a backslash before punctuation of ASCII and nothing else.
  const escaped = ids.map((id) => id.replace(/[!-/:-@[-^`{-~]/g, '\\$&'));
  return `(^|[^0-9A-Za-z_.-])(${escaped.join('|')})($|[^0-9A-Za-z_.-])`;
}

/** Tells of the value of a log record whether it is about the person: by its columns, or by any text in it. */
export function aboutPerson(person: Person): (value: Buffer) => boolean {
  const pattern = patternOf(person);
  const text = pattern === null ? null : new RegExp(pattern);
  const ids = idsOf(person);
  return (value) => {
    // Nearly all records are about others.
    if (!ids.some((id) => value.includes(id) || value.includes(JSON.stringify(id).slice(1, -1))))
      return false;
    const whole = value.toString('utf8');
    return text?.test(whole) || named(whole, person);
  };
}

function named(text: string, { clientId, userId }: Person): boolean {
  try {
    const { user_pseudo_id, clientId: old, user_id } = JSON.parse(text) ?? {};
    return (
      (clientId !== null && (user_pseudo_id === clientId || old === clientId)) ||
      (userId !== null && user_id === userId)
    );
  } catch {
    return false;
  }
}
