/** One event and its fields. Never payloads, never addresses, never text of a request. */
export type Logger = (
  event: string,
  fields?: Readonly<Record<string, string | number | boolean | null>>,
) => void;

export const silent: Logger = () => {};
