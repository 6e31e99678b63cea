import type { Line, Token } from './json.js';

interface Props {
  readonly lines: readonly Line[];
  /** Marks a line as the wrong place. */
  readonly wrong?: string | undefined;
  /** A sentence below a line; lines that have one are marked. */
  note?(line: Line): string | null;
  /** The line that the reader jumped to. */
  readonly current?: Line | undefined;
}

/** Pretty-printed JSON with line numbers. Everything goes in as text, so that a payload cannot become markup. */
export function Code({ lines, wrong, note, current }: Props) {
  return (
    <div class="js">
      {lines.map((line, index) => {
        const words = note?.(line);
        const isWrong = wrong !== undefined && line.pointer === wrong && !line.closes;
        return (
          <div
            key={index}
            class={`line${isWrong ? ' bad' : words ? ' hit' : ''}${line === current ? ' now' : ''}`}
            style={{ '--depth': line.depth }}
          >
            <i aria-hidden="true">{index + 1}</i>
            <span>
              {line.tokens.map((token, at) => (
                <TokenText key={at} token={token} />
              ))}
            </span>
            {words && <span class="note">{words}</span>}
          </div>
        );
      })}
    </div>
  );
}

function TokenText({ token: { kind, text } }: { token: Token }) {
  if (kind === 'punctuation') return <>{text}</>;
  return kind === 'mark' ? <mark>{text}</mark> : <span class={kind}>{text}</span>;
}
