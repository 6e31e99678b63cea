import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useStore, useTexts } from './context.js';
import { Icon } from './icons.js';
import { FromShop, FromSite, FromTerminal } from './install.js';

export function Dialogs() {
  const { dialog } = useStore().state();
  if (dialog === 'clear') return <ClearDialog />;
  return dialog === 'install' ? <InstallDialog /> : null;
}

/** The browser's own modal dialog: it keeps the focus, closes on Esc and gives the focus back. */
function Modal({ title, wide, children }: { title: string; wide?: boolean; children: ComponentChildren }) {
  const store = useStore();
  const t = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'wide' : ''}
      aria-labelledby="dialog-title"
      onClose={() => store.set({ dialog: null })}
    >
      <div class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button
          type="button"
          class="btn ghost icon"
          aria-label={t.plain('close')}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}

function InstallDialog() {
  const t = useTexts();
  return (
    <Modal title={t.plain('install')} wide>
      <div class="ways">
        <FromSite />
        <FromTerminal />
        <FromShop />
      </div>
    </Modal>
  );
}

function ClearDialog() {
  const store = useStore();
  const t = useTexts();
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  async function clear(): Promise<void> {
    setBusy(true);
    setFailure(await reset());
    setBusy(false);
  }
  async function reset(): Promise<string> {
    try {
      const answer = await fetch('/dev/reset', { method: 'POST' });
      if (!answer.ok) return `HTTP ${answer.status}`;
      // The stream says so too, but it may be down.
      store.reset();
      store.set({ dialog: null });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }
  return (
    <Modal title={t.plain('clearTitle')}>
      <p>{t.plain('clearLead')}</p>
      {failure && (
        <p class="failure" role="alert">
          {t.plain('clearFailed')} {failure}
        </p>
      )}
      <div class="dialog-foot">
        <button type="button" class="btn" onClick={() => store.set({ dialog: null })}>
          {t.plain('cancel')}
        </button>
        <button type="button" class="btn danger" disabled={busy} onClick={clear}>
          {t.plain('clearYes')}
        </button>
      </div>
    </Modal>
  );
}
