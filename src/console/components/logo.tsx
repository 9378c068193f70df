// The mark: a sheet with three lines.

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 10.5h16M8 16h16M8 21.5h10" />
    </svg>
  );
}
