import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useTexts } from './context.js';
import { Icon } from './icons.js';

interface Props {
  /** Made at the click: most texts are never copied. */
  readonly text: () => string;
  readonly children?: ComponentChildren;
  /** Names a button without words. */
  readonly label?: string;
  readonly className?: string;
}

export function CopyButton({ text, children, label, className = 'btn' }: Props) {
  const t = useTexts();
  const [outcome, setOutcome] = useState<boolean | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), 1500);
    return () => clearTimeout(timer);
  }, [outcome]);
  const said = outcome === null ? '' : t.plain(outcome ? 'copied' : 'notCopied');
  return (
    <>
      <button
        type="button"
        class={className}
        aria-label={label}
        title={label}
        onClick={async () => setOutcome(await copy(text()))}
      >
        <Icon name="copy" />
        {children && <span>{outcome ? said : children}</span>}
      </button>
      <span class="vh" role="status">
        {said}
      </span>
    </>
  );
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOld(text);
  }
}

/** The clipboard API exists on https and loopback only; `dev --host` may be neither. */
function copyOld(text: string): boolean {
  const area = document.createElement('textarea');
  const focused = document.activeElement as HTMLElement | null;
  area.value = text;
  area.className = 'vh';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus();
  return done;
}
