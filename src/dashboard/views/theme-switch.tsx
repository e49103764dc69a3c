import { useState } from 'preact/hooks'

const THEME_KEY = 'configsync-theme'
const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

const chosen = (): Theme => THEMES.find((theme) => theme === localStorage.getItem(THEME_KEY)) ?? 'system'

const systemIsDark = matchMedia('(prefers-color-scheme: dark)')
systemIsDark.addEventListener('change', applyTheme)

/** The system's preference holds unless somebody chose otherwise here. */
export function applyTheme(): void {
  const theme = chosen()
  document.documentElement.dataset['theme'] = theme !== 'system' ? theme : systemIsDark.matches ? 'dark' : 'light'
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(chosen)
  const choose = (next: Theme) => {
    localStorage.setItem(THEME_KEY, next)
    setTheme(next)
    applyTheme()
  }
  return (
    <label class="theme">
      <span>Theme</span>
      <select value={theme} onChange={({ currentTarget }) => choose(currentTarget.value as Theme)}>
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  )
}
