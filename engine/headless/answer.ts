import type { Diagnostic, KubeObject } from '../api/types.ts'
import type { Components } from '../control/components.ts'
import { unknownComponent } from '../control/components.ts'
import type { SourceFile } from '../protocol.ts'
import type { Limits } from '../limits.ts'
import { diagnosticsOf, loadScenario, type Running, settle } from '../scenario.ts'
import { runAsk } from './asks.ts'
import { ignoredFields } from './fields.ts'
import { applyStep, malformedStep, type StepRequest } from './steps.ts'

/** One request of `headless.md`. */
export interface Request {
  readonly id?: unknown
  readonly scenario?: string
  readonly files?: Readonly<Record<string, string>>
  readonly objects?: readonly KubeObject[]
  readonly components?: Components
  readonly admission?: boolean
  readonly seed?: number
  readonly untilMs?: number
  /** Lifts (or lowers) a budget; what is absent keeps its default. */
  readonly limits?: Partial<Pick<Limits, 'nodes' | 'pods' | 'objects' | 'events' | 'changes'>>
  readonly asks?: readonly unknown[]
  readonly steps?: readonly StepRequest[]
}

export interface Failure {
  readonly id: unknown
  readonly error: { readonly code: string; readonly message: string; readonly line?: number | null }
}

export interface Answer {
  readonly id: unknown
  readonly answers: readonly unknown[]
  readonly diagnostics: readonly Diagnostic[]
  readonly stored: number
  readonly settled: boolean
  readonly simulatedMs: number
  readonly events: number
}

/** Answers one line of JSON. Never throws: what cannot be read is an error answer. */
export function answerLine(line: string): Answer | Failure {
  let request: unknown
  try {
    request = JSON.parse(line)
  } catch (error) {
    return failure(null, 'bad-json', `the line is not JSON: ${text(error)}`)
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    return failure(null, 'bad-request', 'a request is a JSON object')
  const id = (request as Request).id ?? null
  try {
    return answer(request as Request) // its fields are checked below
  } catch (error) {
    return failure(id, 'internal', text(error))
  }
}

/** Answers one request: a fresh world, settled, then the asks (or steps with asks) against it. */
export function answer(request: Request): Answer | Failure {
  const id = request.id ?? null
  const malformed = check(request)
  if (malformed) return failure(id, 'bad-request', malformed)
  const files: SourceFile[] = Object.entries(request.files ?? {}).map(([name, content]) => ({ name, text: content }))
  if (request.scenario !== undefined) files.unshift({ name: 'scenario.yaml', text: request.scenario })
  const budget = request.untilMs === undefined ? undefined : { withinUs: request.untilMs * 1000 }
  const input = {
    files,
    objects: request.objects,
    components: request.components,
    admission: request.admission,
    seed: request.seed,
    limits: request.limits,
  }
  const loaded = loadScenario(input, budget)
  if (!loaded.ok) {
    const first = loaded.diagnostics.find((d) => d.severity === 'error')
    const where = first?.file ? `${first.file}${first.line ? `:${first.line}` : ''}: ` : ''
    return {
      ...failure(
        id,
        first?.code ?? 'bad-scenario',
        `${where}${first?.message ?? 'the scenario cannot be read'}`,
        first?.line,
      ),
      diagnostics: loaded.diagnostics,
    } as Failure
  }
  const running = loaded.running
  const answers: unknown[] = []
  let settled = running.settled
  const unsettled: Diagnostic[] = []
  for (const ask of request.asks ?? []) answers.push(runAsk(running.sim, ask))
  const given = new Map(running.scenario.documents.map((document) => [document.id, document]))
  for (const step of request.steps ?? []) {
    const failed = applyStep(running, step, given)
    const end = settle(running, budget)
    settled &&= end.settled
    unsettled.push(...end.unsettled)
    for (const ask of step.asks ?? []) answers.push(failed ? { error: failed } : runAsk(running.sim, ask))
  }
  return {
    id,
    answers,
    diagnostics: [...diagnosticsOf(running), ...unsettled, ...ignored(request)],
    stored: stored(running),
    settled,
    simulatedMs: Math.round(running.sim.clock.now / 1000),
    events: running.sim.commits.length,
  }
}

/** A field of an ask that means nothing here is ignored, never in silence. */
function ignored({ asks = [], steps = [] }: Request): Diagnostic[] {
  const fields = new Set([...asks, ...steps.flatMap((step) => step.asks ?? [])].flatMap(ignoredFields))
  return [...fields].map((field) => ({
    severity: 'warning',
    code: 'ask-field-ignored',
    message: `\`${field.slice(0, 80)}\` is no field of that ask: ignored`,
  }))
}

/** How many of the input's objects the store now holds. */
function stored(running: Running): number {
  const { sim, scenario } = running
  return scenario.objects.filter(({ id }) => sim.world.get('object', id)).length + scenario.podwalk
}

function check(request: Request): string | undefined {
  if (request.scenario !== undefined && typeof request.scenario !== 'string') return '`scenario` is a text'
  if (
    request.files !== undefined &&
    (typeof request.files !== 'object' ||
      request.files === null ||
      Object.values(request.files).some((f) => typeof f !== 'string'))
  )
    return '`files` maps names to texts'
  if (request.objects !== undefined && !Array.isArray(request.objects)) return '`objects` is a list'
  if (request.asks !== undefined && !Array.isArray(request.asks)) return '`asks` is a list'
  if (request.steps !== undefined && !Array.isArray(request.steps)) return '`steps` is a list'
  const step = (request.steps ?? []).map(malformedStep).find(Boolean)
  if (step) return step
  if (request.seed !== undefined && !Number.isSafeInteger(request.seed)) return '`seed` is an integer'
  if (request.untilMs !== undefined && !(typeof request.untilMs === 'number' && request.untilMs > 0))
    return '`untilMs` is a number of milliseconds'
  if (request.limits !== undefined && (typeof request.limits !== 'object' || request.limits === null))
    return '`limits` maps names to numbers'
  for (const [name, value] of Object.entries(request.limits ?? {})) {
    if (!LIFTABLE.includes(name)) return `\`limits\` knows ${LIFTABLE.join(', ')}, not "${name}"`
    if (!(Number.isSafeInteger(value) && value > 0)) return `\`limits.${name}\` is a whole number above 0`
  }
  return unknownComponent(request.components)
}

const LIFTABLE: readonly string[] = ['nodes', 'pods', 'objects', 'events', 'changes'] satisfies (keyof Limits)[]

function failure(id: unknown, code: string, message: string, line?: number | null): Failure {
  return { id, error: { code, message, ...(line === undefined ? {} : { line }) } }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
