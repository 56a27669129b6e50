import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import { FileTabs } from './FileTabs.tsx'
import './editor.css'

/** The same text in a plain textarea: before Monaco is there, and where it cannot run. */
export function EditorFallback() {
  const { files, setFiles } = useSimulation()
  const activeFile = useInterface((state) => state.activeFile)
  const file = files.find(({ name }) => name === activeFile) ?? files[0]
  return (
    <>
      <FileTabs />
      <textarea
        className="editor-plain mono"
        aria-label={`Manifest ${file?.name ?? ''}`}
        spellCheck={false}
        value={file?.text ?? ''}
        onChange={(event) =>
          setFiles(files.map((other) => (other === file ? { ...file, text: event.target.value } : other)))
        }
      />
    </>
  )
}
