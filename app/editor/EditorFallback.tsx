import { useEffect, useRef } from 'react'
import { useInterface } from '../stores/interface.ts'
import { useSim } from '../stores/use-sim.ts'
import './editor.css'

/** Height of a line of the textarea, pixels; `editor.css` says the same. */
const LINE = 19

/** The same text in a plain textarea: before Monaco is there, and on phones, where it is for reading until `onEdit`. */
export function EditorFallback({ readOnly = false, onEdit }: { readOnly?: boolean; onEdit?: () => void }) {
  const { files, setFiles } = useSim('files', 'setFiles')
  const { activeFile, reveal, phoneTab } = useInterface()
  const file = files.find(({ name }) => name === activeFile) ?? files[0]
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const text = area.current
    if (!text || !reveal || reveal.file !== file?.name || phoneTab !== 'editor') return
    const lines = text.value.split('\n')
    const start = lines.slice(0, reveal.line - 1).join('\n').length + (reveal.line > 1 ? 1 : 0)
    text.focus({ preventScroll: true })
    text.setSelectionRange(start, start + (lines[reveal.line - 1]?.length ?? 0))
    text.scrollTop = Math.max(0, (reveal.line - 6) * LINE)
  }, [reveal, file?.name, phoneTab])
  return (
    <>
      {readOnly && (
        <p className="editor-reading">
          <span className="label">For reading.</span>{' '}
          <button type="button" className="button" onClick={onEdit}>
            Edit
          </button>
        </p>
      )}
      <textarea
        ref={area}
        className="editor-plain mono"
        aria-label={`Manifest ${file?.name ?? ''}`}
        spellCheck={false}
        autoCapitalize="off"
        readOnly={readOnly}
        value={file?.text ?? ''}
        onChange={(event) =>
          setFiles(files.map((other) => (other === file ? { ...file, text: event.target.value } : other)))
        }
      />
    </>
  )
}
