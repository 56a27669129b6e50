import { useEffect, useRef } from 'react'
import type { SourceFile } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { currentStep, useSimulation } from '../stores/simulation.ts'
import { FileTabs } from './FileTabs.tsx'
import { markersOf, usedLines } from './marks.ts'
import { monaco } from './monaco.ts'
import './editor.css'

/** Monaco over the scenario's files. The text lives in the store; models follow it, and tell it what is typed. */
export default function Editor() {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(undefined)
  const decorations = useRef<monaco.editor.IEditorDecorationsCollection>(undefined)
  const { files, diagnostics, beats, commits, playhead, posed } = useSimulation()
  const step = useSimulation(currentStep)
  const { activeFile, reveal } = useInterface()
  const file = files.find(({ name }) => name === activeFile) ?? files[0]

  useEffect(() => {
    if (!host.current) return
    const created = monaco.editor.create(host.current, {
      model: null,
      automaticLayout: true,
      minimap: { enabled: false },
      fontSize: 13,
      lineNumbersMinChars: 3,
      folding: true,
      glyphMargin: true,
      scrollBeyondLastLine: false,
      renderLineHighlight: 'line',
      tabSize: 2,
      insertSpaces: true,
      fixedOverflowWidgets: true,
      quickSuggestions: { other: true, strings: true, comments: false },
      ariaLabel: 'Manifests',
    })
    editor.current = created
    decorations.current = created.createDecorationsCollection()
    // The store is told of typing at once, and tells of changes from elsewhere at once: a later effect could bring back older text.
    let telling = false
    const typed = created.onDidChangeModelContent(() => {
      const model = created.getModel()
      const { files: known, setFiles } = useSimulation.getState()
      const name = model && nameOf(model)
      const text = model?.getValue()
      if (telling || name === undefined || text === undefined || known.find((f) => f.name === name)?.text === text)
        return
      telling = true
      setFiles(known.map((f) => (f.name === name ? { name, text } : f)))
      telling = false
    })
    const followStore = useSimulation.subscribe((state, before) => {
      if (telling || state.files === before.files) return
      telling = true
      syncModels(state.files)
      telling = false
    })
    syncModels(useSimulation.getState().files)
    const themes = new MutationObserver(setTheme)
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    setTheme()
    return () => {
      themes.disconnect()
      followStore()
      typed.dispose()
      created.dispose()
      for (const model of monaco.editor.getModels()) model.dispose()
    }
  }, [])

  useEffect(() => {
    const model = file && monaco.editor.getModel(uriOf(file.name))
    if (model && editor.current?.getModel() !== model) editor.current?.setModel(model)
  }, [file])

  useEffect(() => {
    for (const model of monaco.editor.getModels())
      monaco.editor.setModelMarkers(model, 'podwalk', markersOf(diagnostics, nameOf(model), model))
  }, [diagnostics])

  useEffect(() => {
    const used = usedLines(beats, commits, posed, playhead, file?.name ?? '')
    const culprit = step?.decidedBy?.cause
    decorations.current?.set([
      ...used.map((line) => ({
        range: new monaco.Range(line, 1, line, 1),
        options: { linesDecorationsClassName: 'line-used', isWholeLine: true },
      })),
      ...(culprit?.file === file?.name && culprit?.line
        ? [
            {
              range: new monaco.Range(culprit.line, 1, culprit.endLine ?? culprit.line, 1),
              options: { className: 'line-deciding', isWholeLine: true, glyphMarginClassName: 'glyph-deciding' },
            },
          ]
        : []),
    ])
  }, [beats, commits, posed, playhead, step, file])

  useEffect(() => {
    if (!reveal || reveal.file !== file?.name) return
    editor.current?.revealLineInCenter(reveal.line)
    editor.current?.setPosition({ lineNumber: reveal.line, column: 1 })
    editor.current?.focus()
  }, [reveal, file])

  return (
    <>
      <FileTabs />
      <div className="editor-host" ref={host} data-testid="monaco" />
    </>
  )
}

/** One model per file, with its text; models of files that are gone go too. */
function syncModels(files: readonly SourceFile[]): void {
  for (const { name, text } of files) {
    const model = monaco.editor.getModel(uriOf(name)) ?? monaco.editor.createModel(text, 'yaml', uriOf(name))
    if (model.getValue() !== text)
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null)
  }
  const names = new Set(files.map((f) => f.name))
  for (const model of monaco.editor.getModels()) if (!names.has(nameOf(model))) model.dispose()
}

function setTheme(): void {
  monaco.editor.setTheme(document.documentElement.dataset.theme === 'dark' ? 'vs-dark' : 'vs')
}

function uriOf(name: string): monaco.Uri {
  return monaco.Uri.from({ scheme: 'inmemory', path: `/${name}` })
}

function nameOf(model: monaco.editor.ITextModel): string {
  return model.uri.path.slice(1)
}
