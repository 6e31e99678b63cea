import { createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { type Texts, texts } from '../texts.js';
import type { State, Store } from './store.js';

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  return useContext(StoreContext)!;
}

/**
 * The state of now; renders again when it changes. Only the root watches, the rest follow by props and context. It
 * watches before anything else can happen: an effect would come after the next frame, and what the stream says until
 * then, perhaps all that it has to say, would be shown at its next word only.
 */
export function useWatched(store: Store): State {
  const [state, show] = useState(store.state());
  useLayoutEffect(() => store.watch(() => show(store.state())), [store]);
  return state;
}

export function useTexts(): Texts {
  const { language } = useStore().state();
  return useMemo(() => texts(language), [language]);
}

/** Whether a media query holds, followed as it changes. */
export function useMedia(query: string): boolean {
  const list = useMemo(() => matchMedia(query), [query]);
  const [holds, set] = useState(list.matches);
  useEffect(() => {
    const change = () => set(list.matches);
    list.addEventListener('change', change);
    return () => list.removeEventListener('change', change);
  }, [list]);
  return holds;
}

export const PHONE = '(max-width:760px)';
