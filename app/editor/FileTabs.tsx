import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'

/** One tab per file of the scenario. */
export function FileTabs() {
  const files = useSimulation((state) => state.files)
  const diagnostics = useSimulation((state) => state.diagnostics)
  const { activeFile, setActiveFile } = useInterface()
  const active = files.some(({ name }) => name === activeFile) ? activeFile : files[0]?.name
  return (
    <div className="file-tabs" role="tablist" aria-label="Files">
      {files.map(({ name }) => {
        const errors = diagnostics.filter((d) => d.file === name && d.severity === 'error').length
        return (
          <button
            key={name}
            type="button"
            role="tab"
            aria-selected={name === active}
            className="file-tab"
            onClick={() => setActiveFile(name)}
          >
            {name}
            {errors > 0 && <span className="file-errors"> ✗{errors}</span>}
          </button>
        )
      })}
    </div>
  )
}
