import { memo } from 'react'
import { type BoxOf, STACK_ROW, type StackStage } from '../../view/boxes.ts'
import type { Rect } from '../../view/geometry.ts'
import type { BoxProps } from './types.ts'

const SHORT: Readonly<Record<StackStage, string>> = {
  prerouting: 'pre',
  routing: 'route',
  forward: 'fwd',
  postrouting: 'post',
  input: 'in',
  output: 'out',
}
const MOST_ROUTES = 6
const MOST_NEIGHBOURS = 3

/**
 * The host's stack: sockets over the row of hooks. From level 3 the routes and neighbours are listed, at level 4 each hook holds
 * the rules that this packet met in it.
 */
export const StackBox = memo(function StackBox({ data }: BoxProps<BoxOf<'stack'>>) {
  const { box, level } = data
  const { node, stages, rect, sockets, lists, rules } = box
  const narrow = rect.w < 230
  const name = (stage: StackStage) => (level === 2 ? SHORT[stage] : stage)
  return (
    <>
      <div className="map-sockets" style={within(sockets, rect)}>
        <span className="map-muted">↑ {level === 2 ? 'input' : 'INPUT'}</span>
        {!narrow && node.conntrack > 0 && <span className="map-muted">conntrack {node.conntrack}</span>}
        {level >= 3 && <span className="mono map-cut map-listening">{node.listening.slice(0, 3).join(' · ')}</span>}
        <span className="map-muted">{level === 2 ? 'output' : 'OUTPUT'} ↓</span>
      </div>
      {STACK_ROW.map((stage) => (
        <div key={stage} className={`map-stage stage-${stage}`} style={within(stages[stage], rect)}>
          <span className="map-stage-name">
            {name(stage)}
            {stage === 'routing' && !narrow && level < 4 && <span className="map-muted"> {node.routes.length}</span>}
          </span>
          {level === 4 && <Rules rules={rules} stage={stage} />}
        </div>
      ))}
      {level === 3 && (
        <div className="map-lists mono" style={within(lists, rect)}>
          <List title={`ip route (${node.routes.length})`} rows={node.routes} most={MOST_ROUTES} />
          <List title={`ip neigh (${node.neighbours.length})`} rows={node.neighbours} most={MOST_NEIGHBOURS} />
        </div>
      )}
    </>
  )
})

function Rules({ rules, stage }: { rules: BoxOf<'stack'>['rules']; stage: StackStage }) {
  const mine = rules.filter((rule) => rule.stage === stage)
  if (mine.length === 0) return <span className="map-muted">no rule that this packet met</span>
  return (
    <ol className="map-rules mono">
      {mine.map((rule) => (
        <li key={rule.text}>{rule.text}</li>
      ))}
    </ol>
  )
}

function List({ title, rows, most }: { title: string; rows: readonly string[]; most: number }) {
  return (
    <>
      <span className="map-list-title">{title}</span>
      {rows.slice(0, rows.length > most ? most - 1 : most).map((row) => (
        <span key={row} className="map-cut">
          {row}
        </span>
      ))}
      {rows.length > most && <span className="map-muted">{rows.length - most + 1} more</span>}
    </>
  )
}

function within(part: Rect, whole: Rect): { left: number; top: number; width: number; height: number } {
  return { left: part.x - whole.x, top: part.y - whole.y, width: part.w, height: part.h }
}
