// What a person chose for this browser: language and theme. Without a choice, the browser's own.
import { computed, effect, signal } from '@preact/signals';
import { en, type Messages } from './messages/en';
import { ko } from './messages/ko';

export type Locale = 'en' | 'ko';
export type Theme = 'light' | 'dark';

const LOCALE = 'quire.locale';
const THEME = 'quire.theme';
const LOCALES: Record<Locale, Messages> = { en, ko };

export const locale = signal<Locale>(readLocale());
const darkQuery = matchMedia('(prefers-color-scheme: dark)');
const prefersDark = signal(darkQuery.matches);
const chosenTheme = signal(readTheme());

/** Every sentence the console says, in the language chosen. */
export const messages = computed(() => LOCALES[locale.value]);
export const theme = computed<Theme>(() => chosenTheme.value ?? (prefersDark.value ? 'dark' : 'light'));

darkQuery.addEventListener('change', (event) => {
  prefersDark.value = event.matches;
});

effect(() => {
  document.documentElement.lang = locale.value;
  document.documentElement.dataset.theme = theme.value;
});

export function chooseLocale(choice: Locale): void {
  localStorage.setItem(LOCALE, choice);
  locale.value = choice;
}

export function chooseTheme(choice: Theme): void {
  localStorage.setItem(THEME, choice);
  chosenTheme.value = choice;
}

function readLocale(): Locale {
  const stored = localStorage.getItem(LOCALE);
  if (stored === 'en' || stored === 'ko') return stored;
  return navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}

function readTheme(): Theme | null {
  const stored = localStorage.getItem(THEME);
  return stored === 'light' || stored === 'dark' ? stored : null;
}
