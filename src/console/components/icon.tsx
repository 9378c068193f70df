// The console's few icons, drawn for it on a grid of 16. They say nothing by themselves: a text stands beside each.

const PATHS = {
  batches: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h7',
  playground: 'M3 3.5h10a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H7l-3 2.5v-2.5H3a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z',
  files: 'M4 1.75h5l3.25 3.25v8.25a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-10.5a1 1 0 0 1 1-1zM9 1.75V5h3.25',
  usage: 'M3 13.5v-5M8 13.5v-11M13 13.5v-8',
  webhooks:
    'M8 1.75a3 3 0 0 1 2.6 4.5l2 3.6M8 1.75a3 3 0 0 0-2.6 4.5L3.4 9.9M6.5 12.5h6M3.5 14.2a2 2 0 1 1 0-4 2 2 0 0 1 0 4z',
  admin: 'M8 1.75l5 2v4c0 3-2 5.3-5 6.5-3-1.2-5-3.5-5-6.5v-4z',
  reference:
    'M8 4.25C6.5 3 4.25 2.75 2.25 3v9.75c2-.25 4.25 0 5.75 1.25 1.5-1.25 3.75-1.5 5.75-1.25V3C11.75 2.75 9.5 3 8 4.25zM8 4.25V14',
  plus: 'M8 3v10M3 8h10',
  upload: 'M8 10.5v-8M4.75 5.5L8 2.25l3.25 3.25M2.75 10v2.75a1 1 0 0 0 1 1h8.5a1 1 0 0 0 1-1V10',
  download: 'M8 2.25v8M4.75 7.25L8 10.5l3.25-3.25M2.75 10v2.75a1 1 0 0 0 1 1h8.5a1 1 0 0 0 1-1V10',
  copy: 'M5.5 5.5h7a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7M2.5 10.5v-7a1 1 0 0 1 1-1h7',
  check: 'M3 8.5l3.25 3.25L13 5',
  close: 'M4 4l8 8M12 4l-8 8',
  trash: 'M2.5 4.25h11M6 4.25v-1.5h4v1.5M4 4.25l.6 8.6a1 1 0 0 0 1 .9h4.8a1 1 0 0 0 1-.9l.6-8.6',
  retry: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.6h-2.6',
  stop: 'M4.5 4.5h7v7h-7z',
  send: 'M8 13V3M4 6.75L8 2.75l4 4',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.2M8 13.8V15M1 8h1.2M13.8 8H15M3.05 3.05l.85.85M12.1 12.1l.85.85M3.05 12.95l.85-.85M12.1 3.9l.85-.85',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z',
  leave: 'M6 2.5H3.5a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1H6M10 11l3-3-3-3M13 8H6',
  next: 'M6 3.5L10.5 8 6 12.5',
  code: 'M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5',
  attach:
    'M13 7.5l-5.2 5.2a3.2 3.2 0 0 1-4.5-4.5L8.7 2.8a2.1 2.1 0 0 1 3 3L6.4 11.1a1 1 0 0 1-1.5-1.5l4.6-4.6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
