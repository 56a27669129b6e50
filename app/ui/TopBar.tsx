import { CircleHelp, Moon, PanelLeft, RotateCcw, Sun } from 'lucide-react'
import { OPENING_FILES, OPENING_QUESTION } from '../../engine/index.ts'
import { NETWORKS, type NetworkId, networkOf, withNetwork } from '../sim/network-option.ts'
import { useInterface } from '../stores/interface.ts'
import { useSim } from '../stores/use-sim.ts'
import './TopBar.css'

/** Name, network, theme, help. */
export function TopBar() {
  const { files, setFiles, load } = useSim('files', 'setFiles', 'load')
  const { theme, setTheme, editorOpen, toggleEditor, setHelpOpen } = useInterface()
  const network = networkOf(files)
  const dark = theme === 'dark' || (theme === 'auto' && document.documentElement.dataset.theme === 'dark')
  return (
    <header className="topbar">
      <button
        type="button"
        className="button icon topbar-editor"
        aria-pressed={editorOpen}
        aria-label="Show or hide the manifests (E)"
        title="Manifests (E)"
        onClick={toggleEditor}
      >
        <PanelLeft size={16} aria-hidden />
      </button>
      <h1 className="topbar-name">Podwalk</h1>
      <label className="topbar-network">
        <span className="label">Network</span>
        <select
          className="field"
          value={network ?? ''}
          onChange={(event) => setFiles(withNetwork(files, event.target.value as NetworkId))}
        >
          {network === undefined && <option value="">as written</option>}
          {NETWORKS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <span className="topbar-space" />
      <Clock />
      <button
        type="button"
        className="button"
        aria-label="Opening scene"
        title="Back to the opening scene"
        onClick={() => {
          if (confirm('Replace the manifests by the opening scene?')) load(OPENING_FILES, OPENING_QUESTION)
        }}
      >
        <RotateCcw size={14} aria-hidden /> <span className="topbar-wide">Opening scene</span>
      </button>
      <button
        type="button"
        className="button icon"
        aria-label="Help: keys and words (?)"
        title="Help (?)"
        onClick={() => setHelpOpen(true)}
      >
        <CircleHelp size={16} aria-hidden />
      </button>
      <button
        type="button"
        className="button icon"
        aria-label={dark ? 'Light theme' : 'Dark theme'}
        title={dark ? 'Light theme' : 'Dark theme'}
        onClick={() => setTheme(dark ? 'light' : 'dark')}
      >
        {dark ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
      </button>
    </header>
  )
}

function Clock() {
  const { busy, at } = useSim('busy', 'at')
  return (
    <span className="label topbar-time mono" title="Simulated time since the cluster was made">
      {busy ? 'working' : `t = ${(at / 1e6).toFixed(3)} s`}
    </span>
  )
}
