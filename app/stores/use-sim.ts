import { useShallow } from 'zustand/react/shallow'
import { type SimulationState, useSimulation } from './simulation.ts'

/** Some of the simulation's state: a component that takes it so is drawn again only when one of these changes. */
export function useSim<K extends keyof SimulationState>(...keys: readonly K[]): Pick<SimulationState, K> {
  return useSimulation(
    useShallow((state) => Object.fromEntries(keys.map((key) => [key, state[key]])) as Pick<SimulationState, K>), // the keys just named
  )
}
