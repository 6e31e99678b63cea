/** Numbers of measurements as a person reads them. */

/** `8.1 ms`, `31 ms`, `1,104 ms`: two digits at least, never more than are known. */
export function ms(value: number | null): string {
  if (value === null) return '–';
  if (value < 1) return `${value.toFixed(2)} ms`;
  if (value < 10) return `${value.toFixed(1)} ms`;
  return `${Math.round(value).toLocaleString('en-US')} ms`;
}

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

export const perSecond = (value: number): string =>
  `${value < 10 ? value.toLocaleString('en-US', { maximumFractionDigits: 1 }) : count(value)}/s`;

/** `1:27`, `1:02:03`. */
export function clock(milliseconds: number): string {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

const BARS = '▁▂▃▄▅▆▇█';
const ASCII_BARS = '_.-:=+*#';

/** The last values as bars of `width` characters; each bar is the mean of its share. */
export function sparkline(values: readonly number[], width: number, utf8: boolean): string {
  const bars = utf8 ? BARS : ASCII_BARS;
  const size = Math.max(1, values.length / width);
  const means = Array.from({ length: Math.min(width, values.length) }, (_, i) => {
    const part = values.slice(
      Math.floor(i * size),
      Math.max(Math.floor(i * size) + 1, Math.floor((i + 1) * size)),
    );
    return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
  });
  const top = Math.max(...means, 1e-9);
  return means
    .map((mean) => bars[Math.min(7, Math.floor((mean / top) * 7.999))]!)
    .join('')
    .padEnd(width);
}
