import { Maximize, Minus, Plus, Shapes } from 'lucide-react'
import { useState } from 'react'
import { LEVELS, type Level } from '../view/zoom.ts'
import { Legend } from './Legend.tsx'

const LEVEL_NAMES: Readonly<Record<Level, string>> = { 1: 'cluster', 2: 'node', 3: 'netns', 4: 'hooks' }

export interface ToolbarProps {
  readonly level: Level
  onLevel(level: Level): void
  onZoom(factor: number): void
  onFit(): void
}

export function Toolbar({ level, onLevel, onZoom, onFit }: ToolbarProps) {
  const [legend, setLegend] = useState(false)
  return (
    <>
      {legend && <Legend onClose={() => setLegend(false)} />}
      <div className="map-toolbar" role="toolbar" aria-label="Map">
        <button type="button" title="Fit everything (F)" aria-label="Fit everything" onClick={onFit}>
          <Maximize size={15} aria-hidden />
        </button>
        <button type="button" title="Zoom out (−)" aria-label="Zoom out" onClick={() => onZoom(1 / 1.25)}>
          <Minus size={15} aria-hidden />
        </button>
        <button type="button" title="Zoom in (+)" aria-label="Zoom in" onClick={() => onZoom(1.25)}>
          <Plus size={15} aria-hidden />
        </button>
        {LEVELS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === level}
            title={`Level ${each}: ${LEVEL_NAMES[each]} (${each})`}
            aria-label={`${each} ${LEVEL_NAMES[each]}: level of the map`}
            onClick={() => onLevel(each)}
          >
            {each} <span className="map-level-name">{LEVEL_NAMES[each]}</span>
          </button>
        ))}
        <button
          type="button"
          aria-expanded={legend}
          title="Legend"
          aria-label="Legend"
          onClick={() => setLegend(!legend)}
        >
          <Shapes size={15} aria-hidden />
        </button>
      </div>
    </>
  )
}
