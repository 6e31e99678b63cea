const PATHS = {
  copy: 'M5.5 7a1.5 1.5 0 0 1 1.5-1.5h5A1.5 1.5 0 0 1 13.5 7v5a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 12zM3.5 10.5h-.2a.8.8 0 0 1-.8-.8V3.3c0-.4.4-.8.8-.8h6.4c.4 0 .8.4.8.8v.2',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  clear: 'M3 4.5h10M6.5 4.5v-1h3v1M4.5 4.5l.5 8h6l.5-8',
  search: 'M11 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM10 10l3.5 3.5',
  out: 'M6 4H3.5v8.5H12V10M9 3.5h3.5V7M12.5 3.5L7.5 8.5',
  back: 'M9.5 3.5L5 8l4.5 4.5',
  next: 'M6.5 3.5L11 8l-4.5 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  up: 'M8 13V3.5M4 7l4-4 4 4',
  tag: 'M2.5 8V3.3c0-.4.4-.8.8-.8H8l5.5 5.5L8 13.5zM5.4 5.4h.2',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="ico" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M4 22V12a8 8 0 0 1 16 0v10" fill="none" stroke="currentColor" stroke-width="3" />
      <circle cx="12" cy="13.5" r="3.2" fill="var(--accent)" />
    </svg>
  );
}
