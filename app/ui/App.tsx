import { lazy, Suspense, useEffect, useState } from 'react'
import { Canvas } from '../canvas/Canvas.tsx'
import { EditorFallback } from '../editor/EditorFallback.tsx'
import { FileTabs } from '../editor/FileTabs.tsx'
import { Problems } from '../editor/Problems.tsx'
import { useGivenFiles } from '../editor/use-given-files.ts'
import { Inspector } from '../inspector/Inspector.tsx'
import { useInterface } from '../stores/interface.ts'
import { useSimulation } from '../stores/simulation.ts'
import { Timeline } from '../timeline/Timeline.tsx'
import { Announcer } from './Announcer.tsx'
import './App.css'
import { Help } from './Help.tsx'
import { HopCard } from './HopCard.tsx'
import { Headline, Notices } from './Notices.tsx'
import { QuestionBar } from './QuestionBar.tsx'
import { TopBar } from './TopBar.tsx'
import { useKeys } from './use-keys.ts'
import { useTheme } from './use-theme.ts'
import { Walk } from './Walk.tsx'

/** Monaco is a megabyte: it comes at idle, after the first paint; until then a plain textarea edits the same text. */
const Editor = lazy(() => import('../editor/Editor.tsx'))

const PHONE_TABS = [
  ['canvas', 'Map'],
  ['inspector', 'Details'],
  ['editor', 'YAML'],
] as const

export function App() {
  const start = useSimulation((state) => state.start)
  const { editorOpen, inspectorOpen, inspectorWide, phoneTab, setPhoneTab } = useInterface()
  const idle = useIdle()
  const narrow = useNarrow()
  const [phoneEdit, setPhoneEdit] = useState(false)
  useTheme()
  useKeys()
  useGivenFiles()
  useEffect(start, [start])
  const ready = useSimulation((state) => !state.busy && state.beats.length > 0)
  const edits = useSimulation((state) => state.edits)
  const answers = useSimulation((state) => state.answers)
  useEffect(() => measureEdit(edits), [edits])
  return (
    <div
      className="app"
      data-editor={editorOpen}
      data-wide={inspectorOpen && inspectorWide}
      data-phone-tab={phoneTab}
      data-ready={ready}
      data-answers={answers}
    >
      <TopBar />
      <main className="workspace">
        {(editorOpen || narrow) && (
          <section className="region region-editor" aria-label="Manifests">
            <FileTabs />
            {!idle || narrow ? (
              <EditorFallback readOnly={narrow && !phoneEdit} onEdit={() => setPhoneEdit(true)} />
            ) : (
              <Suspense fallback={<EditorFallback />}>
                <Editor />
              </Suspense>
            )}
            <Problems />
          </section>
        )}
        <section className="region region-canvas" aria-label="Cluster">
          <QuestionBar />
          <Notices />
          <div className="canvas-frame">
            <Canvas />
            <Headline />
          </div>
        </section>
        <section className="region region-side" aria-label="Details">
          {inspectorOpen ? (
            <div className="side-scroll">
              <Inspector />
            </div>
          ) : (
            <PacketPanel />
          )}
        </section>
      </main>
      <nav className="phone-tabs" aria-label="Panels">
        {PHONE_TABS.map(([tab, label]) => (
          <button key={tab} type="button" aria-pressed={phoneTab === tab} onClick={() => setPhoneTab(tab)}>
            {label}
          </button>
        ))}
      </nav>
      <Timeline />
      <Announcer />
      <Help />
    </div>
  )
}

/** Marks how long an edit took from the debounced text event to the frame after it was drawn; `npm run bench` reads it. */
function measureEdit(edits: number): void {
  if (edits === 0) return
  requestAnimationFrame(() => performance.measure('podwalk:edit-to-picture', 'podwalk:text'))
}

function PacketPanel() {
  return (
    <>
      <div className="side-hop">
        <HopCard />
      </div>
      <Walk />
    </>
  )
}

/** True once the browser has nothing better to do. */
function useIdle(): boolean {
  const [idle, setIdle] = useState(false)
  useEffect(() => {
    const go = () => setIdle(true)
    if (typeof requestIdleCallback === 'function') {
      const handle = requestIdleCallback(go, { timeout: 2_000 })
      return () => cancelIdleCallback(handle)
    }
    const handle = setTimeout(go, 300)
    return () => clearTimeout(handle)
  }, [])
  return idle
}

/** One panel at a time: a phone, or a page that is zoomed in far. */
function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches)
  useEffect(() => {
    const query = matchMedia(NARROW)
    const change = () => setNarrow(query.matches)
    query.addEventListener('change', change)
    return () => query.removeEventListener('change', change)
  }, [])
  return narrow
}

const NARROW = '(max-width: 760px)'
