import * as monaco from 'monaco-editor/editor'
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker'
import 'monaco-editor/features/register.all'
import 'monaco-editor/languages/definitions/yaml/register'
import { useSimulation } from '../stores/simulation.ts'

/** Monaco with YAML colours; completion and hover are the engine's, from its own kind schemas. */
self.MonacoEnvironment = { getWorker: () => new EditorWorker() }

/** The page's own colours, all readable on the text's background and on a line that is marked. */
const THEMES = [
  ['podwalk-light', 'vs', { ink: '1b1f24', muted: '57606a', key: '005766', value: '6a2f8f', background: 'ffffff' }],
  ['podwalk-dark', 'vs-dark', { ink: 'e6edf3', muted: '9da7b3', key: '7fd8ea', value: 'd9b8ff', background: '0d1117' }],
] as const

for (const [name, base, { ink, muted, key, value, background }] of THEMES)
  monaco.editor.defineTheme(name, {
    base,
    inherit: true,
    rules: [
      { token: '', foreground: ink },
      { token: 'comment', foreground: muted },
      { token: 'type', foreground: key },
      { token: 'string', foreground: value },
      { token: 'number', foreground: value },
      { token: 'keyword', foreground: value },
      { token: 'tag', foreground: value },
      { token: 'namespace', foreground: key },
      { token: 'operators', foreground: muted },
      { token: 'delimiter', foreground: ink },
    ],
    colors: {
      'editor.background': `#${background}`,
      'editor.foreground': `#${ink}`,
      'editorLineNumber.foreground': `#${muted}`,
      'editorLineNumber.activeForeground': `#${ink}`,
      'editorLineNumber.dimmedForeground': `#${muted}`,
      'editorBracketHighlight.foreground1': `#${ink}`,
      'editorBracketHighlight.foreground2': `#${ink}`,
      'editorBracketHighlight.foreground3': `#${ink}`,
    },
  })

const KINDS = {
  field: monaco.languages.CompletionItemKind.Field,
  value: monaco.languages.CompletionItemKind.Value,
  snippet: monaco.languages.CompletionItemKind.Snippet,
}

monaco.languages.registerCompletionItemProvider('yaml', {
  triggerCharacters: [' ', ':', '-', '\n'],
  async provideCompletionItems(model, position) {
    const update = await useSimulation
      .getState()
      .complete(model.uri.path.slice(1), model.getValue(), model.getOffsetAt(position))
    if (update.type !== 'completions') return { suggestions: [] }
    return {
      suggestions: update.items.map((item) => {
        const from = model.getPositionAt(item.from)
        const to = model.getPositionAt(item.to)
        return {
          label: item.label,
          kind: KINDS[item.kind],
          insertText: item.insert,
          detail: item.detail,
          documentation: item.documentation,
          range: new monaco.Range(from.lineNumber, from.column, to.lineNumber, to.column),
        }
      }),
    }
  },
})

monaco.languages.registerHoverProvider('yaml', {
  async provideHover(model, position) {
    const update = await useSimulation
      .getState()
      .hover(model.uri.path.slice(1), model.getValue(), model.getOffsetAt(position))
    if (update.type !== 'hovered' || update.markdown === null) return null
    return { contents: [{ value: update.markdown }] }
  },
})

export { monaco }
