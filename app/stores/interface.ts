import { create } from 'zustand'
import type { CauseView } from '../../engine/index.ts'

/** What is selected on the canvas and opened in the inspector. */
export type Selection =
  | { readonly kind: 'host'; readonly id: string }
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'object'; readonly id: string }

export type Theme = 'auto' | 'light' | 'dark'
export type PhoneTab = 'canvas' | 'editor' | 'inspector'

export interface InterfaceState {
  readonly selection: Selection | null
  readonly theme: Theme
  readonly editorOpen: boolean
  readonly inspectorOpen: boolean
  /** The inspector takes half of the page: rules are long. */
  readonly inspectorWide: boolean
  readonly helpOpen: boolean
  readonly phoneTab: PhoneTab
  readonly activeFile: string
  /** A place in the text that the editor should show: a new object each time, so that the same place can be asked for again. */
  readonly reveal: { readonly file: string; readonly line: number; readonly endLine?: number } | null
  select(selection: Selection | null): void
  setTheme(theme: Theme): void
  toggleEditor(): void
  toggleInspector(): void
  toggleInspectorWidth(): void
  setHelpOpen(open: boolean): void
  setPhoneTab(tab: PhoneTab): void
  setActiveFile(file: string): void
  /** Opens the editor at the line of YAML behind something. */
  revealCause(cause: CauseView | undefined): void
}

const THEME_KEY = 'podwalk.theme'

export const useInterface = create<InterfaceState>()((set) => ({
  selection: null,
  theme: restoreTheme(),
  editorOpen: true,
  inspectorOpen: false,
  inspectorWide: false,
  helpOpen: false,
  phoneTab: 'canvas',
  activeFile: '',
  reveal: null,
  select: (selection) =>
    set(
      selection ? { selection, inspectorOpen: true, phoneTab: 'inspector' } : { selection: null, inspectorOpen: false },
    ),
  setTheme(theme) {
    try {
      localStorage.setItem(THEME_KEY, theme)
    } catch {
      // A refused storage only forgets the choice.
    }
    set({ theme })
  },
  toggleEditor: () => set((state) => ({ editorOpen: !state.editorOpen })),
  toggleInspector: () => set((state) => ({ inspectorOpen: !state.inspectorOpen && state.selection !== null })),
  toggleInspectorWidth: () => set((state) => ({ inspectorWide: !state.inspectorWide })),
  setHelpOpen: (helpOpen) => set({ helpOpen }),
  setPhoneTab: (phoneTab) => set({ phoneTab }),
  setActiveFile: (activeFile) => set({ activeFile }),
  revealCause(cause) {
    if (!cause?.file || cause.line === null) return
    set({
      reveal: { file: cause.file, line: cause.line, endLine: cause.endLine },
      activeFile: cause.file,
      editorOpen: true,
      phoneTab: 'editor',
    })
  },
}))

function restoreTheme(): Theme {
  try {
    const saved = localStorage.getItem(THEME_KEY)
    if (saved === 'light' || saved === 'dark') return saved
  } catch {
    // As above.
  }
  return 'auto'
}
