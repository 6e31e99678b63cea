export type Language = 'en' | 'pt';

const KEY = 'stargate.language';

/** The language chosen earlier on this machine, else the first of the browser's that the page speaks, else English. */
export function preferredLanguage(languages: readonly string[], storage: Storage | null): Language {
  const chosen = guarded(() => storage?.getItem(KEY));
  if (chosen === 'en' || chosen === 'pt') return chosen;
  const first = languages.find((one) => /^(en|pt)\b/i.test(one));
  return first?.toLowerCase().startsWith('pt') ? 'pt' : 'en';
}

export function rememberLanguage(language: Language, storage: Storage | null): void {
  guarded(() => storage?.setItem(KEY, language));
}

/** Storage may be blocked: even to name it throws. */
export function localStore(): Storage | null {
  return guarded(() => window.localStorage) ?? null;
}

function guarded<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
