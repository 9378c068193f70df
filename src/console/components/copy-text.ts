// Puts a text on the clipboard, or where there is none for us, selects and copies it as browsers always could.

/**
 * Whether it was copied. The clipboard is not there on an origin that is not secure, as a console in a private network may be
 * on, and a browser may refuse it.
 *
 * @param button that asked for it, which keeps the focus
 */
export async function copyText(text: string, button: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyTheOldWay(text, button);
  }
}

function copyTheOldWay(text: string, button: HTMLElement | null): boolean {
  const field = document.createElement('textarea');
  field.className = 'visually-hidden';
  field.value = text;
  // Beside the button, since nothing outside of an open dialog can be selected.
  button?.after(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  button?.focus();
  return copied;
}
