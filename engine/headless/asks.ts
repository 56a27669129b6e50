import { runKubectl } from '../cli/kubectl/run.ts'
import { runCommand } from '../cli/run.ts'
import type { Simulation } from '../simulation.ts'
import { askDns } from './dns.ts'
import { askMatrix } from './matrix.ts'
import { reachRequest, traceRequest } from './trace.ts'

type Ask = (sim: Simulation, fields: never) => unknown

/** The asks of `headless.md` by name. Each leaves no trace in the world. */
const ASKS: Readonly<Record<string, Ask>> = {
  trace: traceRequest,
  reach: reachRequest,
  matrix: askMatrix,
  show: (sim, { node, pod, command }: { node?: string; pod?: string; command: string }) => {
    const { lines, stderr, exitCode } = runCommand(sim.world, { node, pod }, command)
    return { text: lines.map((line) => `${line.text}\n`).join(''), stderr, exitCode }
  },
  kubectl: (sim, { args }: { args: readonly string[] | string }) =>
    runKubectl(sim.world, typeof args === 'string' ? args.trim().split(/\s+/) : args),
  dns: askDns,
}

/** Answers one ask; one that fails alone is answered by an error in its place. */
export function runAsk(sim: Simulation, ask: unknown): unknown {
  if (typeof ask !== 'object' || ask === null) return bad('an ask is an object with one key')
  const [name, ...more] = Object.keys(ask)
  if (name === undefined || more.length > 0) return bad('an ask is an object with one key')
  const run = ASKS[name]
  if (!run) return bad(`unknown ask "${name}"; known: ${Object.keys(ASKS).join(', ')}`)
  const fields = (ask as Record<string, unknown>)[name]
  if (typeof fields !== 'object' || fields === null) return bad(`"${name}" takes an object`)
  try {
    const result = run(sim, fields as never) // each ask checks its own fields
    return isFailure(result) ? result : { [name]: result }
  } catch (error) {
    return { error: { code: 'internal', message: error instanceof Error ? error.message : String(error) } }
  }
}

function bad(message: string) {
  return { error: { code: 'bad-ask', message } }
}

function isFailure(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'error' in result && typeof result.error === 'object'
}
