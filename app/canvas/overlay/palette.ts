/** Colours of the tokens as the canvas layer needs them: read once per theme from the computed style. */
export interface Palette {
  readonly background: string
  readonly surface: string
  readonly ink: string
  readonly muted: string
  readonly hairline: string
  readonly l2: string
  readonly ip: string
  readonly l4: string
  readonly l7: string
  readonly tunnel: string
  readonly changed: string
  readonly dropped: string
  readonly delivered: string
  readonly warning: string
  readonly control: string
  readonly sans: string
  readonly mono: string
}

const NAMES = [
  ...['background', 'surface', 'ink', 'muted', 'hairline', 'l2', 'ip', 'l4', 'l7'],
  ...['tunnel', 'changed', 'dropped', 'delivered', 'warning', 'control', 'sans', 'mono'],
]

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as unknown as Palette
}
