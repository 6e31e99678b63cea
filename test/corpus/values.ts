/**
 * What JSON cannot say, as tags in the case files: `{"$function":NAME}`, `{"$undefined":true}`, `{"$arguments":[…]}`
 * (what gtag pushes) and `{"$node":{tag,id,class,text}}`, an element whose references lead round in circles.
 */
class Element {
  readonly nodeType = 1;
  readonly nodeName: string;
  readonly textContent: string;
  readonly parentNode: unknown;
  readonly #attributes: Readonly<Record<string, string>>;

  constructor({ tag, id, class: name, text }: { tag: string; id: string; class: string; text: string }) {
    this.nodeName = tag;
    this.textContent = text;
    this.#attributes = { id, class: name };
    this.parentNode = { nodeType: 1, childNodes: [this] };
  }

  getAttribute(name: string): string | null {
    return this.#attributes[name] ?? null;
  }
}

const TAGS: Readonly<Record<string, (content: never) => unknown>> = {
  $function: (name: string) => {
    // Running what a page pushed is a fault, so it shows.
    const called = () => {
      throw new Error(`${name} was called`);
    };
    return called;
  },
  $undefined: () => undefined,
  $arguments: (list: unknown[]) =>
    (
      function collect() {
        // biome-ignore lint/complexity/noArguments: this is what gtag pushes
        return arguments;
      } as (...list: unknown[]) => unknown
    )(...list.map(revive)),
  $node: (about: ConstructorParameters<typeof Element>[0]) => new Element(about),
};

/** The value that a page would have, of a tree with tags. */
export function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const keys = Object.keys(value);
  const tag = keys.length === 1 ? TAGS[keys[0]!] : undefined;
  if (tag) return tag((value as Record<string, never>)[keys[0]!]!);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revive(inner)]));
}
