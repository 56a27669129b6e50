import { useEffect } from 'react'
import { useInterface } from '../stores/interface.ts'

/** Puts the chosen theme, or the system's, on the document element. */
export function useTheme(): void {
  const theme = useInterface((state) => state.theme)
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const apply = () => {
      document.documentElement.dataset.theme = theme === 'auto' ? (system.matches ? 'dark' : 'light') : theme
    }
    apply()
    system.addEventListener('change', apply)
    return () => system.removeEventListener('change', apply)
  }, [theme])
}
