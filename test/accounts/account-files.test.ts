// The index of an account's files.
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/contract/ids';
import { emptyAccount, file, NOW, newAccount, walk } from './accounts';

const DAY_MS = 86_400_000;

describe('a file', () => {
  it('is found as it was added, also in an object without an account', async () => {
    for (const account of [await newAccount(), emptyAccount()]) {
      const added = file({ expiresAt: NOW + DAY_MS });
      await account.addFile(added);
      expect(await account.getFile(added.id, NOW)).toEqual(added);
      expect(await account.getFile(newId('file'), NOW)).toBeNull();
    }
  });

  it('that is added twice is there once, as it was first', async () => {
    const account = await newAccount();
    const added = file();
    await account.addFile(added);
    await account.addFile({ ...added, filename: 'other' });
    expect((await account.listFiles({ limit: 10, order: 'asc' }, NOW))?.data).toEqual([added]);
  });

  it('is gone once removed, however often', async () => {
    const account = await newAccount();
    const added = file();
    await account.addFile(added);
    expect(await account.removeFile(added.id)).toEqual({ bytesToDelete: added.r2Key });
    expect(await account.removeFile(added.id)).toBeNull();
    expect(await account.getFile(added.id, NOW)).toBeNull();
  });

  it('is gone from the moment it expires, and waits to be removed', async () => {
    const account = await newAccount();
    const [later, sooner, lasting] = [
      file({ expiresAt: NOW + 2 * DAY_MS }),
      file({ expiresAt: NOW + DAY_MS }),
      file(),
    ];
    for (const added of [later, sooner, lasting]) await account.addFile(added);

    expect(await account.getFile(sooner.id, NOW + DAY_MS - 1)).toEqual(sooner);
    expect(await account.expiredFiles(NOW + DAY_MS - 1, 10)).toEqual([]);

    expect(await account.getFile(sooner.id, NOW + DAY_MS)).toBeNull();
    const page = await account.listFiles({ limit: 10, order: 'asc' }, NOW + DAY_MS);
    expect(page?.data).toEqual([later, lasting]);
    expect(await account.expiredFiles(NOW + DAY_MS, 10)).toEqual([sooner]);
    expect(await account.expiredFiles(NOW + 2 * DAY_MS, 10)).toEqual([sooner, later]);
    expect(await account.expiredFiles(NOW + 2 * DAY_MS, 1)).toEqual([sooner]);
  });
});

describe('the list of files', () => {
  it('is by time, and files of one millisecond come in the order they were added', async () => {
    const account = await newAccount();
    const files = [NOW + 1, NOW, NOW, NOW, NOW - 1].map((createdAt) => file({ createdAt }));
    for (const added of files) await account.addFile(added);
    const [newest, a, b, c, oldest] = files.map(({ id }) => id);
    const ids = [oldest, a, b, c, newest];
    expect(await walk((after) => account.listFiles({ limit: 2, order: 'asc', ...after }, NOW))).toEqual(ids);
    expect(await walk((after) => account.listFiles({ limit: 2, order: 'desc', ...after }, NOW))).toEqual(
      ids.toReversed(),
    );
  });

  it('shows each file once to a reader whom new ones overtake', async () => {
    const account = await newAccount();
    const files = [0, 1, 2, 3].map((age) => file({ createdAt: NOW - age }));
    for (const added of files) await account.addFile(added);
    const seen = await walk(async (after) => {
      const page = await account.listFiles({ limit: 1, order: 'desc', ...after }, NOW);
      await account.addFile(file({ createdAt: NOW }));
      return page;
    });
    expect(seen).toEqual(files.map(({ id }) => id));
  });

  it('says exactly whether there is more', async () => {
    const account = await newAccount();
    await account.addFile(file());
    await account.addFile(file());
    expect(await account.listFiles({ limit: 1, order: 'asc' }, NOW)).toMatchObject({ hasMore: true });
    expect(await account.listFiles({ limit: 2, order: 'asc' }, NOW)).toMatchObject({ hasMore: false });
  });

  it('can be of one purpose, from a cursor of any', async () => {
    const account = await newAccount();
    const [image, first, second] = [file(), file({ purpose: 'batch' }), file({ purpose: 'batch' })];
    for (const added of [image, first, second]) await account.addFile(added);
    const list = { limit: 10, order: 'asc', purpose: 'batch' } as const;
    expect((await account.listFiles(list, NOW))?.data).toEqual([first, second]);
    expect((await account.listFiles({ ...list, after: image.id }, NOW))?.data).toEqual([first, second]);
    expect((await account.listFiles({ ...list, after: first.id }, NOW))?.data).toEqual([second]);
  });

  it('knows no cursor that is removed, and one that has only expired', async () => {
    const account = await newAccount();
    const [expiring, lasting] = [file({ expiresAt: NOW + 1 }), file()];
    await account.addFile(expiring);
    await account.addFile(lasting);
    const list = { limit: 10, order: 'asc', after: expiring.id } as const;
    expect((await account.listFiles(list, NOW + 1))?.data).toEqual([lasting]);
    await account.removeFile(expiring.id);
    expect(await account.listFiles(list, NOW + 1)).toBeNull();
  });
});
