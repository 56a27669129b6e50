import '@xyflow/react/dist/style.css'
import { ReactFlow, ReactFlowProvider, useOnViewportChange } from '@xyflow/react'
import {
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { StepView } from '../../engine/index.ts'
import { useInterface } from '../stores/interface.ts'
import { BEAT_MS, useSimulation } from '../stores/simulation.ts'
import type { Topology } from '../view/boxes.ts'
import { around } from '../view/geometry.ts'
import { anchorsOf, waysOf } from '../view/path.ts'
import { isMain, placesOf } from '../view/walk.ts'
import { type Level, zoomLimits } from '../view/zoom.ts'
import { BOX_TYPES } from './boxes/index.ts'
import './canvas.css'
import { Crumbs } from './Crumbs.tsx'
import { HopDock } from './HopDock.tsx'
import { pictureOf } from './picture.ts'
import { Toolbar } from './Toolbar.tsx'
import { selectionOf, useBoxes } from './use-boxes.ts'
import { useFlashes } from './use-flashes.ts'
import { useMap } from './use-map.ts'
import { useMapKeys } from './use-map-keys.ts'
import { useScene } from './use-scene.ts'
import { READABLE, useMapView } from './use-viewport.ts'
import { useWalk, type Walk } from './use-walk.ts'
import { Wires } from './Wires.tsx'

export interface CanvasProps {
  /** The card of a step, docked to the place where it happens. */
  readonly renderHopCard?: (step: StepView) => ReactNode
}

/** The map of the cluster with the packet on it. Fills its parent. */
export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <ClusterMap {...props} />
    </ReactFlowProvider>
  )
}

/** Packets leave the map alone for a while after somebody moved it. */
const HANDS_OFF_MS = 2_000

function ClusterMap({ renderHopCard }: CanvasProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [level, setLevel] = useState<Level>(2)
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  const [focused, setFocused] = useState('')
  const [hovered, setHovered] = useState('')
  const selection = useInterface((state) => state.selection)
  const select = useInterface((state) => state.select)
  const walk = useWalk()
  const { model, map, mapAt } = useMap(level, walk, selection, unfolded)
  const view = useMapView(frame, map, level, setLevel)
  const scene = useScene(frame)
  const reduced = useReducedMotion()
  const movedAt = useRef(0)

  const focusable = map.boxes.some(({ id }) => id === focused)
    ? focused
    : (map.boxes.find((box) => box.kind === 'node' || box.kind === 'nodeTile')?.id ?? map.boxes[0]?.id ?? '')
  const nodes = useBoxes(map, selection, focusable)
  const threads = useThreads(map, selection, hovered)
  useFlashes(scene, model, map)

  // The picture above the boxes: a new step glides, a changed map only redraws.
  const ways = useMemo(() => waysOf(map), [map])
  const anchors = useMemo(() => anchorsOf(walk.steps, map), [walk.steps, map])
  const picture = useMemo(
    () => pictureOf(walk, anchors, map, ways, { footprints: reduced, captions: !renderHopCard }),
    [walk, anchors, map, ways, reduced, renderHopCard],
  )
  const step = walk.steps[walk.index]
  const packetAt = picture.current?.anchor.at
  const last = useRef<{ steps: readonly StepView[]; index: number }>({ steps: [], index: -1 })
  useEffect(() => {
    if (!scene) return
    const { steps, index } = last.current
    last.current = walk
    const forward = steps === walk.steps && walk.index === index + 1
    if (steps === walk.steps && index === walk.index) return scene.replacePicture(picture)
    const { playing, speed } = useSimulation.getState()
    const beat = BEAT_MS / speed
    scene.setPicture(picture, forward && !reduced ? (playing ? beat * 0.75 : Math.min(450, beat)) : 0)
    const at = picture.current?.anchor.at
    // Questions of ARP fly to every port: the view stays with the packet that waits for them.
    if (at && step && isMain(step) && !reduced && performance.now() - movedAt.current > HANDS_OFF_MS)
      view.follow(at, true)
  }, [scene, picture, walk, step, reduced, view])

  useOnViewportChange({ onChange: (viewport) => scene?.setViewport(viewport) })
  useEffect(() => {
    scene?.setViewport(readViewport(frame.current))
  }, [scene])

  const fit = useCallback(() => {
    for (const each of [3, 2, 1] as const) {
      const candidate = mapAt(each)
      if (each > 1 && view.fitZoom(candidate.bounds) < READABLE) continue
      return view.show(candidate, candidate.bounds, { least: 0.05 })
    }
  }, [mapAt, view])
  useFirstView(scene !== null, map, mapAt, walk, view, movedAt)

  const activate = useCallback(
    (id: string) => {
      const box = map.boxes.find((candidate) => candidate.id === id)
      if (!box) return
      if (box.kind === 'fold') {
        const next = new Set(unfolded)
        if (!next.delete(box.host)) next.add(box.host)
        return setUnfolded(next)
      }
      const chosen = selectionOf(box, map)
      if (chosen) select(chosen)
    },
    [map, select, unfolded],
  )
  const focus = useCallback(
    (id: string) => {
      const box = map.boxes.find((candidate) => candidate.id === id)
      if (!box) return
      setFocused(id)
      view.reveal(box.rect)
      // Boxes outside of the view are not mounted: it takes a frame until there is something to focus.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => elementOf(frame.current, id)?.focus({ preventScroll: true })),
      )
    },
    [map, view],
  )
  const actions = useMemo(
    () => ({
      map,
      focused: focusable,
      focus,
      activate,
      fit,
      toLevel(next: Level) {
        const focusedAt = middleOf(frame.current, focusable)
        const whole = mapAt(next)
        if (view.fitZoom(whole.bounds) >= READABLE) view.show(whole, whole.bounds)
        else if (focusedAt || !packetAt) view.toLevel(next, undefined, focusedAt)
        else view.levelAround(next, packetAt)
      },
      zoomBy: view.zoomBy,
      plain: () => view.toLevel(map.level, 1),
    }),
    [map, mapAt, focusable, focus, activate, fit, view, packetAt],
  )
  useMapKeys(frame, actions)

  useLevelFade(frame, level)

  const limits = zoomLimits(level)
  return (
    <div
      ref={frame}
      className={`map level-${level}${reduced ? ' reduced' : ''}`}
      data-level={level}
      data-step-box={picture.current?.anchor.box ?? ''}
      data-step-vertex={picture.current?.anchor.vertex ?? ''}
    >
      <ReactFlow
        aria-label="Map of the cluster"
        nodes={nodes}
        edges={NO_EDGES}
        nodeTypes={BOX_TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        panActivationKeyCode={null}
        zoomActivationKeyCode={null}
        multiSelectionKeyCode={null}
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements
        minZoom={limits.min}
        maxZoom={limits.max}
        proOptions={PRO_OPTIONS}
        onNodeClick={(_, node) => {
          setFocused(node.id)
          activate(node.id)
        }}
        onNodeDoubleClick={(event) => {
          const at = within(frame.current, event)
          if (level < 4) view.toLevel((level + 1) as Level, undefined, at)
        }}
        onNodeMouseEnter={(_, node) => setHovered(node.type === 'service' ? node.id : '')}
        onNodeMouseLeave={() => setHovered('')}
        onPaneClick={() => select(null)}
        onMoveStart={(event) => {
          if (event) movedAt.current = performance.now()
        }}
        onMoveEnd={(event) => {
          if (!event) return
          movedAt.current = performance.now()
          view.settleLevel('clientX' in event ? within(frame.current, event) : undefined)
        }}
        onFocus={(event) => {
          const id = event.target.closest('.react-flow__node')?.getAttribute('data-id')
          if (id) setFocused(id)
        }}
      >
        <Wires map={map} threads={threads} />
      </ReactFlow>
      {model.nodes.length === 0 && <EmptyMap />}
      {renderHopCard && step && picture.current && (
        <HopDock at={picture.current.anchor.at} frame={frame}>
          {renderHopCard(step)}
        </HopDock>
      )}
      <Crumbs map={map} focused={focused} onFit={fit} onFocus={focus} />
      <Toolbar level={level} onLevel={actions.toLevel} onZoom={view.zoomBy} onFit={fit} />
    </div>
  )
}

const NO_EDGES: never[] = []
const PRO_OPTIONS = { hideAttribution: true }

function EmptyMap() {
  const busy = useSimulation((state) => state.busy)
  return (
    <p className="map-empty">
      {busy ? 'The cluster is starting.' : 'No cluster yet: paste your manifests into the editor.'}
    </p>
  )
}

/** Dotted lines from the Service that is selected or under the pointer to the boxes of its endpoints. */
function useThreads(map: Topology, selection: { kind: string; id?: string } | null, hovered: string) {
  return useMemo(() => {
    const id = hovered || (selection?.kind === 'object' ? `service:${selection.id}` : '')
    const service = map.boxes.find((box) => box.id === id)
    if (service?.kind !== 'service') return []
    return service.service.endpoints.flatMap(({ pod, ready }) => {
      const target = map.boxes.find((box) => box.id === map.podBox.get(pod))
      return target ? [{ id: pod, from: service.rect, to: target.rect, ready }] : []
    })
  }, [map, selection, hovered])
}

/** What is shown first: all of it if that is readable, else the hosts that the packet visits, else where it starts. */
function useFirstView(
  ready: boolean,
  map: Topology,
  mapAt: (level: Level) => Topology,
  { steps, index }: Walk,
  view: ReturnType<typeof useMapView>,
  movedAt: { readonly current: number },
): void {
  const shownFor = useRef('')
  const nodes = map.boxes.flatMap((box) => (box.kind === 'node' || box.kind === 'nodeTile' ? [box.id] : [])).join()
  const key = `${nodes}${steps.length > 0}`
  useEffect(() => {
    if (!ready || nodes === '' || shownFor.current === key) return
    const again = shownFor.current.startsWith(nodes) && shownFor.current !== ''
    shownFor.current = key
    if (again && movedAt.current > 0) return
    const all = mapAt(2)
    if (view.fitZoom(all.bounds) >= READABLE) return view.show(all, all.bounds)
    const { hosts } = placesOf(steps)
    const here = steps[index]?.host ?? hosts[0]
    const visited = all.boxes.filter((box) => box.kind === 'node' && hosts.includes(box.id)).map((box) => box.rect)
    const part = around(
      visited.length > 0
        ? visited
        : all.boxes
            .filter((box) => box.kind === 'node')
            .slice(0, 2)
            .map((box) => box.rect),
    )
    if (!part) return
    const first = all.boxes.find((box) => box.id === here)?.rect ?? part
    view.show(
      all,
      { x: part.x - 8, y: all.bounds.y, w: part.w + 16, h: all.bounds.h },
      { least: READABLE, from: { x: first.x + first.w / 2, y: first.y + first.h / 2 } },
    )
  }, [ready, key, nodes, mapAt, steps, index, view, movedAt])
}

const FADE_MS = 250

/** Boxes of a new level fade in. */
function useLevelFade(frame: RefObject<HTMLDivElement | null>, level: Level): void {
  const before = useRef(level)
  useLayoutEffect(() => {
    const element = frame.current
    if (!element || before.current === level) return
    before.current = level
    element.dataset.settling = ''
    const timer = setTimeout(() => delete element.dataset.settling, FADE_MS)
    return () => clearTimeout(timer)
  }, [frame, level])
}

function useReducedMotion(): boolean {
  const [reduced, setReduced] = useState(() => matchMedia('(prefers-reduced-motion: reduce)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-reduced-motion: reduce)')
    const change = () => setReduced(query.matches)
    query.addEventListener('change', change)
    return () => query.removeEventListener('change', change)
  }, [])
  return reduced
}

function elementOf(frame: HTMLElement | null, id: string): HTMLElement | null {
  return frame?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`) ?? null
}

function middleOf(frame: HTMLElement | null, id: string): { x: number; y: number } | undefined {
  const element = document.activeElement?.closest('.react-flow__node') && elementOf(frame, id)
  if (!frame || !element) return undefined
  const [outer, inner] = [frame.getBoundingClientRect(), element.getBoundingClientRect()]
  return { x: inner.x + inner.width / 2 - outer.x, y: inner.y + inner.height / 2 - outer.y }
}

function within(frame: HTMLElement | null, event: { clientX: number; clientY: number }): { x: number; y: number } {
  const rect = frame?.getBoundingClientRect()
  return { x: event.clientX - (rect?.x ?? 0), y: event.clientY - (rect?.y ?? 0) }
}

/** Where React Flow's viewport is before it first moves. */
function readViewport(frame: HTMLElement | null): { x: number; y: number; zoom: number } {
  const pane = frame?.querySelector<HTMLElement>('.react-flow__viewport')
  const matrix = new DOMMatrixReadOnly(pane ? getComputedStyle(pane).transform : undefined)
  return { x: matrix.e, y: matrix.f, zoom: matrix.a }
}
