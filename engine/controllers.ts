import type { Controller } from './control/types.ts'
import { controlRuntime } from './control/runtime.ts'

/** Every control loop and node daemon of a world, in the order in which they are asked about a change. */
export const CONTROLLERS: readonly Controller[] = []

export const RUNTIME = controlRuntime(CONTROLLERS)
