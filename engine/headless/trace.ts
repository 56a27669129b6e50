import type { WorldReader } from '../core/world.ts'
import { firstCluster } from '../api/names.ts'
import { hash32 } from '../core/rng.ts'
import { REASONS, type ReasonCode, type Verdict } from '../kernel/trace/reasons.ts'
import type { Step } from '../kernel/trace/step.ts'
import type { CauseView } from '../protocol.ts'
import type { Dice, Simulation } from '../simulation.ts'
import { viewDecision } from './decision.ts'
import { everyBranch, type Exchange, runExchange } from './exchange.ts'
import { type Judgement, judge } from './judge.ts'
import { nodeOfHost } from './place.ts'
import { type Prepared, prepare, type ProbeQuestion } from './probe.ts'
import { isMasqueraded, packetIn, receiverOf, type Receiver, sourceIn, translationIn } from './receiver.ts'

/** The asks `trace` and `reach` of headless.md: a question asked in a copy of the present that leaves no trace. */
export interface TraceRequest extends ProbeQuestion {
  readonly seed?: number
  readonly branches?: boolean
  /** Without steps and reply: what a matrix needs. */
  readonly brief?: boolean
}

export interface TraceAnswer {
  readonly verdict: Verdict
  readonly reason: ReasonCode | null
  readonly deliveredTo: Receiver | null
  readonly sourceSeen: string | null
  readonly ttlAtReceiver: number | null
  readonly replySource: string | null
  readonly clientSees: Judgement['clientSees']
  readonly http: {
    readonly status: number
    readonly backend: string
    readonly requestHeaders: object
    readonly responseHeaders: object
  } | null
  readonly steps: readonly TraceStep[]
  readonly reply: {
    readonly verdict: Verdict
    readonly reason: ReasonCode | null
    readonly steps: readonly TraceStep[]
  } | null
  readonly outcomes?: readonly TraceOutcome[]
}

export interface TraceStep {
  readonly at: number
  readonly cluster: string | null
  readonly node: string | null
  readonly netns: string
  readonly dev: string | null
  readonly stage: string
  readonly action: string
  readonly detail: string
  readonly decidedBy: TraceDecision | null
  readonly before: Readonly<Record<string, string | number>>
  readonly after: Readonly<Record<string, string | number>>
  readonly packet: string
  readonly branch: string
  readonly end?: { readonly disposition: string; readonly reason: string | null }
}

export interface TraceDecision {
  readonly table: string
  readonly id: string
  readonly text: string
  readonly cause: Pick<CauseView, 'kind' | 'namespace' | 'name' | 'file' | 'line'> | null
}

export interface TraceOutcome {
  readonly probability: number
  readonly verdict: Verdict
  readonly reason: ReasonCode | null
  readonly translatedTo: string | null
  readonly masqueraded: boolean
  readonly deliveredTo: Receiver | null
  readonly sourceSeen: string | null
  readonly decidedBy: TraceDecision | null
}

export interface Failed {
  readonly error: { readonly code: string; readonly message: string }
}

export function traceRequest(sim: Simulation, request: TraceRequest): TraceAnswer | Failed {
  const prepared = prepare(sim.world, request)
  if (!prepared.ok) {
    const { code, message, reason } = prepared.error
    return reason ? nowhere(reason) : { error: { code, message } }
  }
  const answer = sim.explain((inner) => answerFor(inner, prepared.value, request), diceOf(request.seed))
  if (!request.branches) return answer
  return {
    ...answer,
    outcomes: everyBranch(sim, prepared.value, (exchange) => outcomeOf(sim, exchange)).map(
      ({ probability, value }) => ({ probability, ...value }),
    ),
  }
}

export function reachRequest(
  sim: Simulation,
  request: TraceRequest,
): { verdict: Verdict; reason: ReasonCode | null; because: TraceDecision['cause'][] } | Failed {
  const prepared = prepare(sim.world, request)
  if (!prepared.ok) {
    const { code, message, reason } = prepared.error
    return reason ? { verdict: REASONS[reason].verdict, reason, because: [] } : { error: { code, message } }
  }
  return sim.explain((inner) => {
    const { walks, state } = runExchange(inner, prepared.value, { handshake: true })
    const judged = judge(inner.world, walks, state)
    return { verdict: judged.verdict, reason: judged.reason, because: becauseOf(inner.world, judged) }
  }, diceOf(request.seed))
}

function answerFor(sim: Simulation, prepared: Prepared, request: TraceRequest): TraceAnswer {
  const { id, walks, state } = runExchange(sim, prepared, { handshake: request.brief })
  const { world } = sim
  const judged = judge(world, walks, state)
  const http = state?.result?.http
  // Where the name did not resolve, the only packet was the query: nothing was sent to the destination.
  const sent = judged.request.packet === id
  const seen = judged.request.end && packetIn(judged.request.end)
  const arrived = sent && judged.request.end?.stage === 'deliver' ? seen : undefined
  const from = state?.result?.from
  const said = judged.reply ? sourceIn(judged.reply) : null
  return {
    verdict: judged.verdict,
    reason: judged.reason,
    deliveredTo: sent ? receiverOf(world, judged.request) : null,
    sourceSeen: arrived?.src ?? null,
    ttlAtReceiver: arrived?.ttl ?? null,
    replySource:
      said ?? (from ? `${from.ip.includes(':') ? `[${from.ip}]` : from.ip}${from.port ? `:${from.port}` : ''}` : null),
    clientSees: judged.clientSees,
    http: http
      ? {
          status: http.status,
          backend: http.backend,
          requestHeaders: http.requestHeaders,
          responseHeaders: http.responseHeaders,
        }
      : null,
    steps: request.brief ? [] : printSteps(world, judged.request.steps),
    reply:
      judged.reply && !request.brief
        ? {
            verdict: judged.reply.verdict,
            reason: judged.reply.reason,
            steps: printSteps(world, judged.reply.steps),
          }
        : null,
  }
}

function outcomeOf({ world }: Simulation, { walks, state }: Exchange): Omit<TraceOutcome, 'probability'> {
  const judged = judge(world, walks, state)
  const translated = translationIn(judged.request)
  const chosen = judged.request.steps.find((step) => step.action === 'DNAT' && step.decidedBy) ?? judged.culprit
  const decided = judged.verdict === 'delivered' || translated ? chosen?.decidedBy : judged.culprit?.decidedBy
  const end = judged.request.end
  const packet = end && packetIn(end)
  return {
    verdict: judged.verdict,
    reason: judged.reason,
    translatedTo: translated
      ? `${translated.ip.includes(':') ? `[${translated.ip}]` : translated.ip}:${translated.port}`
      : null,
    masqueraded: isMasqueraded(judged.request),
    deliveredTo: receiverOf(world, judged.request),
    sourceSeen: end?.stage === 'deliver' && packet ? packet.src : null,
    decidedBy: decided ? printDecision(world, decided) : null,
  }
}

function nowhere(reason: ReasonCode): TraceAnswer {
  return {
    verdict: REASONS[reason].verdict,
    reason,
    deliveredTo: null,
    sourceSeen: null,
    ttlAtReceiver: null,
    replySource: null,
    clientSees: 'unreachable',
    http: null,
    steps: [],
    reply: null,
  }
}

/** The objects behind the decisions, the last one first. */
function becauseOf(world: WorldReader, judged: Judgement): TraceDecision['cause'][] {
  const steps = [...judged.request.steps, ...(judged.verdict === 'timeout' && judged.reply ? judged.reply.steps : [])]
  const causes = new Map<string, NonNullable<TraceDecision['cause']>>()
  for (const step of [...(judged.culprit ? [judged.culprit] : []), ...steps.reverse()]) {
    for (const ref of [...(step.decidedBy ? [step.decidedBy] : []), ...(step.via ?? [])]) {
      const cause = printDecision(world, ref).cause
      const key = cause && `${cause.kind}/${cause.namespace ?? ''}/${cause.name}/${cause.line ?? ''}`
      if (cause && key && !causes.has(key)) causes.set(key, cause)
    }
  }
  return [...causes.values()]
}

/** Hundreds of steps meet a dozen hosts: each of them is looked up once. */
function printSteps(world: WorldReader, steps: readonly Step[]): TraceStep[] {
  const places = new Map<string, Pick<TraceStep, 'cluster' | 'node'>>()
  return steps.map((step) => {
    const place = places.get(step.host) ?? placeOf(world, step.host)
    places.set(step.host, place)
    return printStep(world, step, place)
  })
}

function placeOf(world: WorldReader, id: string): Pick<TraceStep, 'cluster' | 'node'> {
  const host = world.get('host', id)
  return {
    cluster: host?.cluster ?? (host?.kind === 'node' ? firstCluster(world) : null),
    node: nodeOfHost(world, id) ?? id,
  }
}

function printStep(world: WorldReader, step: Step, place: Pick<TraceStep, 'cluster' | 'node'>): TraceStep {
  return {
    at: step.at,
    cluster: place.cluster,
    node: place.node,
    netns: step.netns,
    dev: step.dev ?? null,
    stage: step.stage,
    action: step.action,
    detail: step.detail,
    decidedBy: step.decidedBy ? printDecision(world, step.decidedBy) : null,
    before: step.before ?? {},
    after: step.after ?? {},
    packet: step.packet,
    branch: step.branch,
    ...(step.end ? { end: { disposition: step.end.disposition, reason: step.end.reason ?? null } } : {}),
  }
}

function printDecision(world: WorldReader, ref: NonNullable<Step['decidedBy']>): TraceDecision {
  const { table, id, text, cause } = viewDecision(world, ref)
  return {
    table,
    id,
    text,
    cause: cause
      ? {
          kind: cause.kind,
          ...(cause.namespace ? { namespace: cause.namespace } : {}),
          name: cause.name,
          file: cause.file,
          line: cause.line,
        }
      : null,
  }
}

/** Other dice than the world's own, where a seed is given. */
function diceOf(seed: number | undefined): Dice | undefined {
  if (seed === undefined) return undefined
  const drawn = new Map<string, number>()
  return (stream) => {
    const n = drawn.get(stream) ?? 0
    drawn.set(stream, n + 1)
    return hash32(seed, `${stream}#${n}`) / 0x1_0000_0000
  }
}
