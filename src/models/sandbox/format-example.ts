// Strings of the formats JSON Schema names: the same few, numbered by `variant` where several must differ.

const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
const day = (variant: number) => `2026-01-${pad((variant % 28) + 1, 2)}`;
const time = (variant: number) => `09:${pad(Math.floor(variant / 28) % 60, 2)}:00Z`;
const numbered = (variant: number) => (variant === 0 ? '' : String(variant));

const FORMATS: Record<string, (variant: number) => string> = {
  date: day,
  time,
  'date-time': (variant) => `${day(variant)}T${time(variant)}`,
  duration: (variant) => `P${variant + 1}D`,
  email: (variant) => `user${numbered(variant)}@example.com`,
  'idn-email': (variant) => `user${numbered(variant)}@example.com`,
  hostname: (variant) => `host${numbered(variant)}.example.com`,
  'idn-hostname': (variant) => `host${numbered(variant)}.example.com`,
  ipv4: (variant) => `192.0.2.${(variant % 254) + 1}`,
  ipv6: (variant) => `2001:db8::${(variant + 1).toString(16)}`,
  uri: (variant) => `https://example.com/${numbered(variant)}`,
  url: (variant) => `https://example.com/${numbered(variant)}`,
  iri: (variant) => `https://example.com/${numbered(variant)}`,
  'uri-reference': (variant) => `/path${numbered(variant)}`,
  'iri-reference': (variant) => `/path${numbered(variant)}`,
  'uri-template': (variant) => `https://example.com/{id}${numbered(variant)}`,
  'json-pointer': (variant) => `/member${numbered(variant)}`,
  'relative-json-pointer': (variant) => String(variant),
  uuid: (variant) => `00000000-0000-4000-8000-${pad(variant, 12)}`,
  regex: (variant) => `^[a-z]+${numbered(variant)}$`,
};

/** A string of the format, or null for a format that is not known. */
export function formatExample(format: string, variant: number): string | null {
  return Object.hasOwn(FORMATS, format) ? (FORMATS[format]?.(variant) ?? null) : null;
}
