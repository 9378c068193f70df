// Language and theme, each by one button that names the other choice.
import { chooseLocale, chooseTheme, locale, messages, theme } from '../preferences';
import { Icon } from './icon';

export function PreferenceButtons() {
  const { shell } = messages.value;
  const other = locale.value === 'en' ? 'ko' : 'en';
  const dark = theme.value === 'dark';
  return (
    <>
      <button type="button" class="bare words" lang={other} onClick={() => chooseLocale(other)}>
        {other === 'ko' ? '한국어' : 'English'}
      </button>
      <button
        type="button"
        class="bare"
        title={dark ? shell.light : shell.dark}
        aria-label={dark ? shell.light : shell.dark}
        onClick={() => chooseTheme(dark ? 'light' : 'dark')}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
    </>
  );
}
