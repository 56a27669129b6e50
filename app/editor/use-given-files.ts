import { useEffect } from 'react'
import type { SourceFile } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import { inTextField } from '../ui/text-field.ts'
import { looksLikeManifest, withFiles } from './files.ts'

/** Files that are dropped or pasted anywhere on the page become tabs; so does pasted YAML where no text is being typed. */
export function useGivenFiles(): void {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      document.documentElement.dataset.dropping = ''
    }
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) delete document.documentElement.dataset.dropping
    }
    const drop = (event: DragEvent) => {
      delete document.documentElement.dataset.dropping
      const given = [...(event.dataTransfer?.files ?? [])]
      if (given.length === 0) return
      event.preventDefault()
      event.stopPropagation()
      open(given)
    }
    const paste = (event: ClipboardEvent) => {
      const given = [...(event.clipboardData?.files ?? [])]
      if (given.length > 0) {
        event.preventDefault()
        return open(given)
      }
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (inTextField(event.target) || !looksLikeManifest(text)) return
      event.preventDefault()
      addFiles([{ name: 'pasted.yaml', text }])
    }
    // Before Monaco's own handlers: a file is a tab, not a path to be typed.
    addEventListener('dragover', over, { capture: true })
    addEventListener('dragleave', leave)
    addEventListener('drop', drop, { capture: true })
    addEventListener('paste', paste)
    return () => {
      removeEventListener('dragover', over, { capture: true })
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop, { capture: true })
      removeEventListener('paste', paste)
    }
  }, [])
}

function open(given: readonly File[]): void {
  Promise.all(given.map(async (file) => ({ name: file.name, text: await file.text() }))).then(addFiles)
}

/** Adds tabs and shows the first of them. */
export function addFiles(more: readonly SourceFile[]): void {
  const { files: known, setFiles } = useSimulation.getState()
  const { files, names } = withFiles(known, more)
  setFiles(files)
  useInterface.setState({ activeFile: names[0], editorOpen: true })
}
