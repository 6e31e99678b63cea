import { type Store, TABS } from './store.js';

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** The page's keys: ↑↓ or j k, / search, 1–3 tabs, P pause, Esc back. Returns what takes them off again. */
export function listenToKeys(store: Store, search: () => HTMLInputElement | null): () => void {
  function onKeyDown(press: KeyboardEvent): void {
    if (press.ctrlKey || press.metaKey || press.altKey || press.defaultPrevented || store.state().dialog)
      return;
    const target = press.target as HTMLElement;
    const isField = target.matches('input:not([type=checkbox]),select,textarea');
    if (isField) {
      if (press.key === 'Escape') leaveField(store, target);
      return;
    }
    if (act(store, press.key, target, search)) press.preventDefault();
  }
  window.addEventListener('keydown', onKeyDown);
  return () => window.removeEventListener('keydown', onKeyDown);
}

function leaveField(store: Store, field: HTMLElement): void {
  const { filter } = store.state();
  if (field.matches('[type=search]')) store.set({ filter: { ...filter, query: '' } });
  field.blur();
}

/** True when the key meant something here. */
function act(store: Store, key: string, target: HTMLElement, search: () => HTMLInputElement | null): boolean {
  const step = STEPS[key];
  const tab = TABS[Number(key) - 1];
  if (step) {
    // The pane scrolls with the arrows; j and k move the choice from there as well.
    if (key.startsWith('Arrow') && target.closest('.pane')) return false;
    store.move(step);
  } else if (tab) store.set({ tab });
  else if (key === '/') search()?.focus();
  else if (key === 'p' || key === 'P') store.togglePause();
  else if (key === 'Enter' && target.matches('[role=listbox]')) store.set({ sheet: true });
  else if (key === 'Escape' && store.state().sheet) store.set({ sheet: false });
  else return false;
  return true;
}
