// What the console's modules look for in a browser when they are loaded. To be imported before any of them.
import { vi } from 'vitest';

function storage(kept: Record<string, string>) {
  const values = new Map(Object.entries(kept));
  return {
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => values.set(name, value),
    removeItem: (name: string) => values.delete(name),
  };
}

vi.stubGlobal('localStorage', storage({ 'quire.locale': 'en' }));
vi.stubGlobal('sessionStorage', storage({}));
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {} }));
vi.stubGlobal('document', { documentElement: { dataset: {} } });
