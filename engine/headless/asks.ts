import { runKubectl } from '../cli/kubectl/run.ts'
import { runCommand, splitWords } from '../cli/run.ts'
import { isObject } from '../api/json.ts'
import { nearest } from '../api/nearest.ts'
import type { Simulation } from '../simulation.ts'
import { askDns } from './dns.ts'
import { malformedAsk } from './fields.ts'
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
    runKubectl(sim.world, typeof args === 'string' ? splitWords(args) : args),
  dns: askDns,
}

/** Answers one ask; one that fails alone is answered by an error in its place. */
export function runAsk(sim: Simulation, ask: unknown): unknown {
  if (!isObject(ask)) return bad('an ask is an object with one key, such as {"trace": {...}}')
  const [name, ...more] = Object.keys(ask)
  if (name === undefined || more.length > 0) return bad('an ask is an object with one key, such as {"trace": {...}}')
  const run = Object.hasOwn(ASKS, name) ? ASKS[name] : undefined
  if (!run) return unknownAsk(name)
  const fields = ask[name]
  if (!isObject(fields)) return bad(`"${name}" takes an object`)
  const malformed = malformedAsk(name, fields)
  if (malformed) return bad(malformed)
  try {
    const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
    const result = run(sim, present as never) // its fields were checked above
    return isFailure(result) ? result : { [name]: result }
  } catch (error) {
    return { error: { code: 'internal', message: error instanceof Error ? error.message : String(error) } }
  }
}

function unknownAsk(name: string) {
  if (name === 'exec') return { error: { code: 'not-modelled', message: 'the ask "exec" is not modelled yet' } }
  const known = Object.keys(ASKS)
  const meant = nearest(name, known)
  return bad(`unknown ask "${name.slice(0, 40)}"; ${meant ? `did you mean "${meant}"?` : `known: ${known.join(', ')}`}`)
}

function bad(message: string) {
  return { error: { code: 'bad-ask', message } }
}

function isFailure(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'error' in result && typeof result.error === 'object'
}
