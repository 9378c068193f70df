import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyText } from '../../src/console/components/copy-text';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A browser whose clipboard does this, if there is one, and whose old way answers that; what was copied in it. */
function browser(clipboard: { writeText: (text: string) => Promise<void> } | undefined, oldWay: boolean) {
  const copied: string[] = [];
  const field = { value: '', className: '', select: vi.fn(), remove: vi.fn() };
  vi.stubGlobal('navigator', { clipboard });
  vi.stubGlobal('document', {
    createElement: () => field,
    execCommand: () => {
      if (oldWay) copied.push(field.value);
      return oldWay;
    },
  });
  return { copied, field };
}

describe('a text', () => {
  it('is copied by the clipboard', async () => {
    const writeText = vi.fn(async () => undefined);
    const { copied } = browser({ writeText }, true);
    expect(await copyText('key', null)).toBe(true);
    expect(writeText).toHaveBeenCalledWith('key');
    expect(copied).toEqual([]);
  });

  it.each([
    ['where there is no clipboard', undefined],
    ['where the clipboard is refused', { writeText: () => Promise.reject(new Error('NotAllowedError')) }],
  ])('is copied the old way %s', async (_, clipboard) => {
    const { copied, field } = browser(clipboard, true);
    expect(await copyText('key', null)).toBe(true);
    expect(copied).toEqual(['key']);
    expect(field.remove).toHaveBeenCalled();
  });

  it('is said not to be copied where nothing works', async () => {
    const { copied } = browser({ writeText: () => Promise.reject(new Error('NotAllowedError')) }, false);
    expect(await copyText('key', null)).toBe(false);
    expect(copied).toEqual([]);
  });
});
