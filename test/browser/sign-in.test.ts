// Signing in and out, and the frame around every page: language, theme, keyboard, what the server sends along.
import { expect, it } from 'vitest';
import { account, openConsole, origin, textOf, useBrowser } from './console-browser.ts';

useBrowser();

it('takes the key of a local run, keeps it in this tab alone, and forgets it at signing out', async () => {
  const { page } = await openConsole();
  await page.getByRole('button', { name: 'sk-dev' }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('password');
  await page.getByRole('button', { name: 'sk-dev' }).click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Batches', level: 1 }).waitFor();

  const kept = await page.evaluate(() => ({
    session: sessionStorage.getItem('quire.key'),
    elsewhere: JSON.stringify(localStorage) + document.cookie + location.href,
  }));
  expect(kept.session).toBe('sk-dev');
  expect(kept.elsewhere).not.toContain('sk-dev');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Quire' }).waitFor();
  expect(await page.evaluate(() => sessionStorage.getItem('quire.key'))).toBeNull();
});

it('says why a key is refused, with the id of the request to copy', async () => {
  const { page, mayFail } = await openConsole();
  mayFail('/api/v1/models');
  await page.getByLabel('API key').fill('qk_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.textContent()).toContain('authentication_error');
  const id = /req_\w+/.exec((await alert.textContent()) ?? '')?.[0] ?? 'none';

  await page.getByRole('button', { name: 'Copy the request id' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(id);
});

it('copies on an origin that is not secure, too', async () => {
  const script = "Object.defineProperty(navigator, 'clipboard', { value: undefined })";
  const { page, mayFail } = await openConsole({ script });
  mayFail('/api/v1/models');
  await page.getByLabel('API key').fill('qk_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const id = /req_\w+/.exec(await textOf(page.getByRole('alert'), /req_/))?.[0] ?? 'none';
  await page.getByRole('button', { name: 'Copy the request id' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  await page.getByLabel('API key').fill('');
  await page.getByLabel('API key').press('Control+v');
  await expect.poll(() => page.getByLabel('API key').inputValue()).toBe(id);
});

it('ends the session when the key is revoked meanwhile', async () => {
  const { id, key, api } = await account('revoked');
  const { page, mayFail } = await openConsole({ key: key.key });
  await page.getByRole('heading', { name: 'No batches yet' }).waitFor();
  await fetch(`${origin}/api/v1/admin/accounts/${id}/keys/${key.id}`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer admin-dev' },
  });
  expect((await api.send('GET', '/api/v1/files')).status).toBe(401);

  mayFail('/api/v1/files');
  await page.getByRole('link', { name: 'Files' }).click();
  await page.getByRole('heading', { name: 'Sign in to Quire' }).waitFor();
  expect(await page.getByRole('alert').textContent()).toContain('revoked');
});

it('speaks Korean, its errors included, and remembers that', async () => {
  const { key } = await account('korean');
  const { page, mayFail } = await openConsole({ key: key.key, locale: 'ko-KR' });
  await page.getByRole('heading', { name: '배치', level: 1 }).waitFor();
  expect(await page.getAttribute('html', 'lang')).toBe('ko');

  mayFail('/api/v1/batches/');
  await page.goto(`${origin}/#/batches/batch_000000000000`);
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').textContent()).toContain('배치를 찾을 수 없습니다');

  await page.getByRole('button', { name: 'English' }).click();
  await page.reload();
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('alert').textContent()).toContain('The batch was not found');
});

it('follows the system’s theme until another is chosen', async () => {
  const { key } = await account('theme');
  const { page } = await openConsole({ key: key.key, dark: true });
  await page.getByRole('button', { name: 'Light theme' }).click();
  expect(await page.getAttribute('html', 'data-theme')).toBe('light');
  await page.reload();
  await page.getByRole('button', { name: 'Dark theme' }).waitFor();
  expect(await page.evaluate(() => getComputedStyle(document.body).colorScheme)).toBe('light');
});

it('can be used without a mouse: the first stop skips the navigation, and the focus is to be seen', async () => {
  const { key } = await account('keyboard');
  const { page } = await openConsole({ key: key.key });
  await page.getByRole('heading', { name: 'No batches yet' }).waitFor();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('button', { name: 'Skip to content' });
  expect(await skip.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');

  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => {
    const focused = document.activeElement;
    return focused === null ? '' : getComputedStyle(focused).outlineStyle;
  });
  expect(outline).toBe('solid');
});

it('says that a page does not exist', async () => {
  const { key } = await account('unknown page');
  const { page } = await openConsole({ key: key.key, at: '#/nowhere' });
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
});

it('runs under a policy that lets no inline script in and no other site frame it', async () => {
  const { page, mayFail } = await openConsole();
  const headers = (await fetch(origin)).headers;
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');

  mayFail('inline script violates');
  const violated = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.violatedDirective));
        const script = document.createElement('script');
        script.textContent = 'document.title = "it ran"';
        document.body.append(script);
      }),
  );
  expect(violated).toBe('script-src-elem');
  expect(await page.title()).not.toBe('it ran');
});

it('leaves every path of the API to the Worker', async () => {
  for (const path of ['/v1/models', '/api/v1/models']) {
    const response = await fetch(origin + path, {
      headers: { 'sec-fetch-mode': 'navigate', accept: 'text/html' },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  }
  const health = await fetch(`${origin}/healthz`);
  expect(await health.json()).toMatchObject({ status: 'ok' });
  const unknown = await fetch(`${origin}/nothing-here`, { headers: { accept: 'text/html' } });
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ error: { type: 'not_found' } });
});

it('has its pages for GET and HEAD; any other method gets an error of the API', async () => {
  for (const path of ['/', '/docs']) {
    const page = await fetch(origin + path, { method: 'HEAD' });
    expect(page.headers.get('content-type')).toContain('text/html');
    const again = await fetch(origin + path, {
      headers: { 'if-none-match': page.headers.get('etag') ?? '' },
    });
    expect([page.status, again.status]).toEqual([200, 304]);
    const posted = await fetch(origin + path, { method: 'POST', body: '{}' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
    expect(await posted.json()).toMatchObject({ error: { type: 'method_not_allowed' } });
  }
});
