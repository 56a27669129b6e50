import { useMemo } from 'react'
import type { StepView } from '../../engine/index.ts'
import { stepOf } from '../sim/beats.ts'
import { useSimulation } from '../stores/simulation.ts'
import type { Fold } from '../timeline/phases.ts'

export interface Walk {
  /** Steps of the question's packets in order; before its walk, those up to the playhead. */
  readonly steps: readonly StepView[]
  /** Index of the step that is shown; -1 before the first. */
  readonly index: number
  /** The folded phase that the shown step stands for. */
  readonly fold?: Fold
}

/** The steps that the map draws: from the question's first (or, when scrubbed before it, the packet at the playhead) on. */
export function useWalk(): Walk {
  const commits = useSimulation((state) => state.commits)
  const beats = useSimulation((state) => state.beats)
  const posed = useSimulation((state) => state.posed)
  const playhead = useSimulation((state) => state.playhead)
  const walk = useMemo(() => {
    const indices: number[] = []
    const steps: StepView[] = []
    for (let i = posed; i < beats.length; i++) {
      const step = stepOf(commits, beats[i])
      if (!step) continue
      indices.push(i)
      steps.push(step)
    }
    return { indices, steps }
  }, [commits, beats, posed])
  const earlier = useMemo(() => {
    const step = playhead < posed ? stepOf(commits, beats[playhead]) : undefined
    return step ? [step] : undefined
  }, [commits, beats, posed, playhead])
  return useMemo(() => {
    if (earlier) return { steps: earlier, index: 0 }
    let index = -1
    while (index + 1 < walk.indices.length && walk.indices[index + 1] <= playhead) index++
    const fold = index >= 0 ? beats[walk.indices[index]]?.fold : undefined
    return { steps: walk.steps, index, ...(fold && !fold.open ? { fold } : {}) }
  }, [walk, earlier, beats, playhead])
}
