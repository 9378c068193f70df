// Hands bytes to the browser as a download.

/** Long enough for the browser to have begun. */
const RELEASE_MS = 10_000;

export function saveAs(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
}
