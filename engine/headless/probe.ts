import type { Ctx } from '../core/context.ts'
import { err, ok, type Result } from '../core/result.ts'
import type { WorldReader } from '../core/world.ts'
import type { ProbeConfig, ProbeState } from '../apps/probe.ts'
import { libcOf } from '../apps/resolver.ts'
import { startApp } from '../apps/runtime.ts'
import { familyOf, parseIp } from '../net/ip.ts'
import type { AnswerView, Question } from '../protocol.ts'
import type { Commit, Simulation } from '../simulation.ts'
import { viewDecision } from './decision.ts'
import { type NoEndpoint, readSource, readTarget, type Source, type Target } from './endpoints.ts'
import { inject } from './inject.ts'
import { type Judgement, judge } from './judge.ts'
import { receiverOf } from './receiver.ts'
import { sentenceOf } from './sentence.ts'
import { WalkCollector } from './walk.ts'

/** A question with everything that headless.md lets one say about the packet. */
export interface ProbeQuestion {
  readonly from: string
  readonly to: string
  readonly node?: string
  readonly port?: number | string
  readonly protocol?: 'TCP' | 'UDP' | 'ICMP' | 'SCTP'
  readonly size?: number
  readonly http?: {
    readonly method?: string
    readonly host?: string
    readonly path?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly scheme?: string
    readonly sni?: string
  }
  readonly sourcePort?: number
}

/** A question whose ends were found. */
export interface Prepared {
  readonly source: Source
  readonly target: Target
  readonly config: Omit<ProbeConfig, 'packet'>
}

const PROTOCOLS = ['TCP', 'UDP', 'ICMP', 'SCTP'] as const

export function prepare(world: WorldReader, question: ProbeQuestion): Result<Prepared, NoEndpoint> {
  const protocol = question.protocol ?? 'TCP'
  if (!PROTOCOLS.includes(protocol))
    return err({ code: 'bad-ask', message: `protocol "${String(protocol)}": one of ${PROTOCOLS.join(', ')}` })
  if (
    question.size !== undefined &&
    !(Number.isInteger(question.size) && question.size >= 0 && question.size <= 10_000_000)
  )
    return err({ code: 'bad-ask', message: '`size` is a number of bytes, at most 10000000' })
  if (typeof question.port === 'number' && !isPort(question.port))
    return err({ code: 'bad-ask', message: `port ${question.port}: a port is 1 to 65535` })
  if (question.sourcePort !== undefined && !isPort(question.sourcePort))
    return err({ code: 'bad-ask', message: `sourcePort ${question.sourcePort}: a port is 1 to 65535` })
  const source = readSource(world, question.from, question.node)
  if (!source.ok) return source
  const target = readTarget(world, question.to, question.port, protocol)
  if (!target.ok) return target
  const proto = protocol.toLowerCase() as ProbeConfig['proto'] // one of the four
  const { src, spoof } = source.value
  const to = parseIp(target.value.host)
  const given = src ?? spoof
  if (given && to && familyOf(given) !== familyOf(to))
    return err({ code: 'bad-ask', message: `no packet goes from ${given} to ${to}: they are of different families` })
  const config: Prepared['config'] = {
    proto,
    ...(src ? { src } : {}),
    host: target.value.host,
    port: target.value.port,
    process: question.http ? 'curl' : proto === 'icmp' ? 'ping' : 'nc',
    libc: libcOf(source.value.image),
    ...(source.value.files ? { files: source.value.files } : {}),
    ...(question.size === undefined ? {} : { size: question.size }),
    ...(question.http ? { http: { host: nameFor(question.to, target.value), ...question.http } } : {}),
    ...(question.sourcePort ? { sport: question.sourcePort } : {}),
  }
  return ok({ source: source.value, target: target.value, config })
}

const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65_535

/** What curl writes into the Host header: the name that was typed. */
function nameFor(to: string, target: Target): string {
  return to.startsWith('svc/') ? to.slice(4) : target.host
}

/** Sends the question's first packet (or its DNS query). The id is that of the program and of the packet. */
export function launch(ctx: Ctx, { source, target, config }: Prepared): string {
  const id = freeId(ctx.tx)
  const address = parseIp(target.host)
  if (source.spoof && address) inject(ctx, { id, netns: source.netns, src: source.spoof, dst: address, config })
  else
    startApp(ctx, {
      id,
      netns: source.netns,
      program: 'probe',
      config: { ...config, packet: id } satisfies ProbeConfig,
      state: null,
      owner: 'question',
    })
  return id
}

function freeId(world: WorldReader): string {
  for (let n = 1; ; n++) {
    const id = n === 1 ? 'request' : `request-${n}`
    if (!world.get('app', id)) return id
  }
}

/** Asks a question in the world as it runs; the answer is ready when `probeDone`. */
export function startProbe(ctx: Ctx, question: Question): Result<string, string> {
  const prepared = prepare(ctx.tx, question)
  return prepared.ok ? ok(launch(ctx, prepared.value)) : err(prepared.error.message)
}

export function probeDone(world: WorldReader, id: string): boolean {
  return stateOf(world, id)?.phase === 'done'
}

export function stateOf(world: WorldReader, id: string): ProbeState | undefined {
  return (world.get('app', id)?.state ?? undefined) as ProbeState | undefined // written by program `probe`
}

/** The answer, from the commits since the question was asked; called while the world is still at its end. */
export function answerOf(sim: Simulation, id: string, question: Question, commits: readonly Commit[]): AnswerView {
  const walks = new WalkCollector(id)
  for (const commit of commits) walks.add(commit.steps)
  const judged = judge(sim.world, walks, stateOf(sim.world, id))
  const withSteps = commits.filter((commit) =>
    commit.steps.some((step) => step.packet === id || step.packet.startsWith(`${id}/`)),
  )
  const decided = culpritOf(judged)
  const deliveredTo = judged.request.packet === id ? receiverOf(sim.world, judged.request) : null
  return {
    question,
    verdict: judged.verdict,
    reason: judged.reason,
    sentence: sentenceOf(judged, deliveredTo),
    deliveredTo,
    clientSees: judged.clientSees,
    firstCommit: withSteps[0]?.index ?? commits[0]?.index ?? sim.moment,
    lastCommit: withSteps[withSteps.length - 1]?.index ?? commits[commits.length - 1]?.index ?? sim.moment,
    ...(decided ? { culprit: viewDecision(sim.world, decided) } : {}),
  }
}

/** What to blame first: for a port that nobody listens on, the rule that chose the port; else what decided the last step. */
function culpritOf({ reason, request, culprit }: Judgement) {
  const translated =
    reason === 'sock.not-listening' ? request.steps.find((step) => step.action === 'DNAT')?.decidedBy : undefined
  return translated ?? culprit?.decidedBy
}
