import { useEffect, useRef } from 'react'
import type { CauseView, SourceFile } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { currentStep, useSimulation } from '../stores/simulation.ts'
import { useSim } from '../stores/use-sim.ts'
import { markersOf, usedLines } from './marks.ts'
import { monaco } from './monaco.ts'
import './editor.css'

/** Monaco over the scenario's files. The text lives in the store; models follow it, and tell it what is typed. */
export default function Editor() {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(undefined)
  const decorations = useRef<monaco.editor.IEditorDecorationsCollection>(undefined)
  const { files, diagnostics } = useSim('files', 'diagnostics')
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
      stickyScroll: { enabled: false },
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

  // Lines of this file that the walk was decided by so far. Outside of React: nothing but these marks changes with each hop.
  const name = file?.name ?? ''
  useEffect(() => {
    const mark = () => {
      const { beats, commits, posed, playhead, answer, death } = useSimulation.getState()
      const culprit =
        playhead === death ? answer?.culprit?.cause : currentStep(useSimulation.getState())?.decidedBy?.cause
      decorations.current?.set(marksOf(usedLines(beats, commits, posed, playhead, name), culprit, name))
    }
    mark()
    return useSimulation.subscribe((state, before) => {
      if (state.playhead === before.playhead && state.beats === before.beats) return
      mark()
      const cause = state.playhead === state.death ? state.answer?.culprit?.cause : undefined
      if (cause?.file === name && cause.line !== null) editor.current?.revealLineInCenterIfOutsideViewport(cause.line)
    })
  }, [name])

  useEffect(() => {
    if (!reveal || reveal.file !== file?.name) return
    editor.current?.revealLineInCenter(reveal.line)
    editor.current?.setPosition({ lineNumber: reveal.line, column: 1 })
    editor.current?.focus()
  }, [reveal, file])

  return <div className="editor-host" ref={host} data-testid="monaco" />
}

function marksOf(
  used: readonly number[],
  culprit: CauseView | undefined,
  file: string,
): monaco.editor.IModelDeltaDecoration[] {
  const marks = used.map((line) => ({
    range: new monaco.Range(line, 1, line, 1),
    options: {
      linesDecorationsClassName: 'line-used',
      linesDecorationsTooltip: 'The packet met a row that this line asked for',
      isWholeLine: true,
    },
  }))
  if (culprit?.file !== file || culprit.line === null) return marks
  const deciding = {
    range: new monaco.Range(culprit.line, 1, culprit.endLine ?? culprit.line, 1),
    options: { className: 'line-deciding', isWholeLine: true },
  }
  const pointer = {
    range: new monaco.Range(culprit.line, 1, culprit.line, 1),
    options: { glyphMarginClassName: 'glyph-deciding' },
  }
  return [...marks, deciding, pointer]
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
  monaco.editor.setTheme(document.documentElement.dataset.theme === 'dark' ? 'podwalk-dark' : 'podwalk-light')
}

function uriOf(name: string): monaco.Uri {
  return monaco.Uri.from({ scheme: 'inmemory', path: `/${name}` })
}

function nameOf(model: monaco.editor.ITextModel): string {
  return model.uri.path.slice(1)
}
