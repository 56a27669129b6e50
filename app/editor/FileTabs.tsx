import { Pencil, Plus, Trash2 } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { useInterface } from '../stores/interface.ts'
import { useSim } from '../stores/use-sim.ts'
import { freeName } from './files.ts'
import { addFiles } from './use-given-files.ts'
import './editor.css'

/** One tab per file of the scenario; buttons add one, rename and remove the one that is shown. */
export function FileTabs() {
  const { files, diagnostics, setFiles } = useSim('files', 'diagnostics', 'setFiles')
  const { activeFile, setActiveFile } = useInterface()
  const [renaming, setRenaming] = useState(false)
  const active = files.some(({ name }) => name === activeFile) ? activeFile : files[0]?.name

  const rename = (wanted: string) => {
    setRenaming(false)
    const others = files.filter(({ name }) => name !== active)
    const next = wanted.trim() === '' ? active : freeName(wanted, others)
    if (next === active) return
    setFiles(files.map((file) => (file.name === active ? { ...file, name: next } : file)))
    setActiveFile(next)
  }
  const remove = () => {
    if (!confirm(`Remove ${active} and its text?`)) return
    const next = files.filter(({ name }) => name !== active)
    setFiles(next.length > 0 ? next : [{ name: 'untitled.yaml', text: '' }])
    setActiveFile(next[0]?.name ?? 'untitled.yaml')
  }
  const byArrows = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = step ? files[files.findIndex(({ name }) => name === active) + step] : undefined
    if (!next) return
    event.preventDefault()
    setActiveFile(next.name)
    const tabs = event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')
    tabs[files.indexOf(next)]?.focus()
  }
  return (
    <div className="file-bar">
      {renaming ? (
        <input
          className="field file-name"
          aria-label="Name of the file"
          defaultValue={active}
          // biome-ignore lint/a11y/noAutofocus: it appears because the person asked to type a name
          autoFocus
          onFocus={(event) => event.target.setSelectionRange(0, active.replace(/\.[^.]*$/, '').length)}
          onBlur={(event) => rename(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') rename(event.currentTarget.value)
            if (event.key === 'Escape') setRenaming(false)
          }}
        />
      ) : (
        <div className="file-tabs" role="tablist" aria-label="Files" onKeyDown={byArrows}>
          {files.map(({ name }) => {
            const errors = diagnostics.filter((d) => d.file === name && d.severity === 'error').length
            return (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={name === active}
                tabIndex={name === active ? 0 : -1}
                className="file-tab"
                onClick={() => setActiveFile(name)}
                onDoubleClick={() => setRenaming(true)}
              >
                {name}
                {errors > 0 && <span className="file-errors"> ✗{errors}</span>}
              </button>
            )
          })}
        </div>
      )}
      <div className="file-tools">
        <Tool
          label="New file"
          icon={<Plus size={15} aria-hidden />}
          onClick={() => addFiles([{ name: 'untitled.yaml', text: '' }])}
        />
        <Tool label={`Rename ${active}`} icon={<Pencil size={13} aria-hidden />} onClick={() => setRenaming(true)} />
        <Tool label={`Remove ${active}`} icon={<Trash2 size={14} aria-hidden />} onClick={remove} />
      </div>
    </div>
  )
}

function Tool({ label, icon, onClick }: { label: string; icon: React.ReactNode; onClick: () => void }) {
  return (
    <button type="button" className="file-tool" aria-label={label} title={label} onClick={onClick}>
      {icon}
    </button>
  )
}
