import * as monaco from 'monaco-editor/editor'
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker'
import 'monaco-editor/features/register.all'
import 'monaco-editor/languages/definitions/yaml/register'
import { useSimulation } from '../stores/simulation.ts'

/** Monaco with YAML colours; completion and hover are the engine's, from its own kind schemas. */
self.MonacoEnvironment = { getWorker: () => new EditorWorker() }

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
