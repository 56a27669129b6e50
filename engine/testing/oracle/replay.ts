import { loadRules, missingKernelRoutes, setSysctl } from './replay/build.ts'
import { arpFrameOf, type Captured, capturesOf, ipFrameOf, ndFrameOf } from './replay/frames.ts'
import { OracleLab } from './replay/lab.ts'
import { performProbe } from './replay/probe.ts'
import { conntrackOf, fdbOf, neighOf, newEntries, rulesHitOf } from './replay/state.ts'
import { arpText, conntrackText, distinct, frameText, maskPorts, ndText } from './replay/text.ts'
import type { ArpFrame, Expectation, Frame, NdFrame, NeighAfter, Port, Recording, Run } from './types.ts'

/** One thing that can be said about a run: what the kernel did, and what the simulator did. Equal texts are agreement. */
export interface Finding {
  readonly about: string
  readonly recorded: readonly string[]
  readonly replayed: readonly string[]
}

export interface ReplayedRun {
  readonly name: string
  readonly findings: readonly Finding[]
}

/** Between two runs the recorder reads tables and starts captures. */
const BETWEEN_RUNS_US = 500_000

/** Builds the recorded network, performs the runs in order on that one world, and says for each what was recorded and what came. */
export function replay(recording: Recording): ReplayedRun[] {
  const lab = new OracleLab(recording)
  const built: Finding = {
    about: 'routes that the kernel makes of addresses and the simulator does not',
    recorded: [],
    replayed: missingKernelRoutes(lab.world, recording.topology),
  }
  const machines = recording.topology.hosts.map((host) => host.name)
  const runs = recording.runs.map((run) => replayRun(lab, recording, machines, run))
  return [{ name: 'build', findings: [built] }, ...runs]
}

function replayRun(lab: OracleLab, recording: Recording, machines: readonly string[], run: Run): ReplayedRun {
  lab.run(run.pauseSeconds * 1_000_000 + BETWEEN_RUNS_US)
  for (const change of run.change) {
    if (change.kind === 'sysctl') setSysctl(lab.world, change.netns, change.key, change.value)
    else loadRules(lab.world, change.netns, change.iptables)
  }
  for (const row of lab.world.rows('nfCount')) lab.world.delete('nfCount', row.id)
  const stable = stablePorts(recording)
  const mask = <T>(value: T) => maskPorts(value, stable)
  const before = conntrackOf(lab.world, machines, lab.now)
  lab.steps.length = 0
  lab.seen.length = 0
  const client = performProbe(lab, run.probe)
  const captured = capturesOf(lab.steps, run.expect.watched)
  const frames = mask(captured.map(ipFrameOf).filter((frame) => frame !== undefined))
  const error = frames.find((frame) => isErrorFor(run, frame))
  const conntrack = mask(newEntries(conntrackOf(lab.world, machines, lab.now), before, run.probe))
  const netnss = recording.topology.hosts.flatMap((host) => host.netns.map((netns) => netns.name))
  const { expect } = run
  const findings: Finding[] = [
    {
      about: 'client',
      recorded: [clientText({ ...expect.client, afterSeconds: soon(run, expect.client.afterSeconds) })],
      replayed: [
        clientText({
          result: client.result,
          afterSeconds: soon(run, client.afterSeconds),
          ...(error ? { icmp: errorText(error) } : {}),
        }),
      ],
    },
    {
      about: 'server',
      recorded: expect.server.map((one) => JSON.stringify(one)),
      replayed: mask(lab.seen).map((one) => JSON.stringify(one)),
    },
    ...expect.watched.map((point) => framesAt(point, expect, frames)),
    ...expect.watched.map((point) => arpAt(point, expect, captured)),
    ...expect.watched.map((point) => ndAt(point, expect, captured)),
    {
      about: 'conntrack',
      recorded: expect.conntrack.map(conntrackText).sort(),
      replayed: distinct(conntrack.map(conntrackText)).sort(),
    },
    {
      about: 'rules hit',
      recorded: expect.rulesHit.map(ruleText).sort(),
      replayed: rulesHitOf(lab.world, machines).map(ruleText).sort(),
    },
    {
      about: 'neighbours',
      recorded: expect.neigh.filter(isLasting).map(neighText).sort(),
      replayed: neighOf(lab.world, netnss).filter(isLasting).map(neighText).sort(),
    },
    {
      about: 'learned by bridges',
      recorded: expect.fdb.map((row) => JSON.stringify(row)).sort(),
      replayed: fdbOf(lab.world, netnss)
        .map((row) => JSON.stringify(row))
        .sort(),
    },
  ]
  client.close()
  return { name: run.name, findings }
}

/**
 * Seconds to compare. In namespaces of one machine an ICMPv6 error comes back while connect() still holds the socket; it then
 * counts when the SYN is repeated, a second later. Between machines it comes after connect(), as in the simulator. How long
 * a client waits in vain is its own patience.
 */
function soon({ probe, expect }: Run, seconds: number): number {
  if (expect.client.result === 'timeout') return 4
  return probe.proto === 'tcp' && probe.dst.includes(':') && seconds <= 1 ? 0 : seconds
}

/** Ports that the recorder, a listener or a rule chose. */
function stablePorts(recording: Recording): ReadonlySet<Port> {
  const probes = recording.runs.flatMap((run) => [run.probe.sport, run.probe.dport])
  const texts = recording.topology.hosts.flatMap((host) =>
    host.netns.flatMap((netns) => [netns.iptables, netns.ip6tables]),
  )
  const changed = recording.runs.flatMap((run) =>
    run.change.map((change) => (change.kind === 'iptables' ? change.iptables : '')),
  )
  const targets = [...texts, ...changed].flatMap((text) =>
    [...text.matchAll(/--to-destination \S+:(\d+)/g)].map((m) => Number(m[1])),
  )
  const ports = [...probes, ...recording.listeners.map((one) => one.port), ...targets, 8472]
  return new Set(ports.filter((port) => port !== undefined))
}

function framesAt(point: string, expect: Expectation, frames: readonly Omit<Frame, 'order'>[]): Finding {
  return {
    about: `frames at ${point}`,
    recorded: expect.frames.filter((frame) => frame.point === point).map(frameText),
    replayed: distinct(frames.filter((frame) => frame.point === point).map(frameText)),
  }
}

function arpAt(point: string, expect: Expectation, captured: readonly Captured[]): Finding {
  const seen = captured.map(arpFrameOf).filter((frame) => frame !== undefined)
  const asks = (frame: ArpFrame) =>
    frame.op === 'request'
      ? { group: frame.eth.dst === 'ff:ff:ff:ff:ff:ff', ip: frame.target.ip, by: frame.sender.mac }
      : undefined
  const answers = (frame: ArpFrame) => ({ ip: frame.sender.ip, to: frame.target.mac })
  const at = (frames: readonly ArpFrame[]) =>
    distinct(
      resolutions(
        frames.filter((frame) => frame.point === point),
        asks,
        answers,
      ).map(arpText),
    )
  return { about: `ARP at ${point}`, recorded: at(expect.arp), replayed: at(seen) }
}

function ndAt(point: string, expect: Expectation, captured: readonly Captured[]): Finding {
  const seen = captured.map(ndFrameOf).filter((frame) => frame !== undefined)
  const asks = (frame: NdFrame) =>
    frame.op === 'solicitation'
      ? { group: frame.eth.dst.startsWith('33:33'), ip: frame.target, by: frame.eth.src }
      : undefined
  const answers = (frame: NdFrame) => ({ ip: frame.target, to: frame.eth.dst })
  const at = (frames: readonly NdFrame[]) =>
    distinct(
      resolutions(
        frames.filter((frame) => frame.point === point),
        asks,
        answers,
      ).map(ndText),
    )
  return { about: `neighbour discovery at ${point}`, recorded: at(expect.nd), replayed: at(seen) }
}

/** Questions to everybody and the answers to those who asked; whether a known neighbour is checked during a run is chance. */
function resolutions<T>(
  frames: readonly T[],
  asks: (frame: T) => { group: boolean; ip: string; by: string } | undefined,
  answers: (frame: T) => { ip: string; to: string },
): T[] {
  const asked = new Set<string>()
  return frames.filter((frame) => {
    const question = asks(frame)
    if (question?.group) asked.add(`${question.ip} ${question.by}`)
    const { ip, to } = answers(frame)
    return question ? question.group : asked.has(`${ip} ${to}`)
  })
}

/** The ICMP error that reached the client's own network. */
const isErrorFor = (run: Run, frame: Omit<Frame, 'order'>): boolean =>
  frame.dir === 'in' && frame.point.startsWith(`${run.probe.netns}/eth`) && frame.icmp?.quoted?.dst === run.probe.dst

function errorText(frame: Omit<Frame, 'order'>): Expectation['client']['icmp'] {
  const { type = 0, code = 0, mtu } = frame.icmp ?? {}
  return { from: frame.ip.src, type, code, ...(mtu === undefined ? {} : { mtu }) }
}

function clientText({ result, afterSeconds, icmp }: Expectation['client']): string {
  return `${result} after ${afterSeconds} s${icmp ? ` by icmp ${icmp.type}/${icmp.code} from ${icmp.from}${icmp.mtu === undefined ? '' : ` mtu ${icmp.mtu}`}` : ''}`
}

const ruleText = ({ netns, family, table, rule }: Expectation['rulesHit'][number]): string =>
  `${netns} ${family} ${table} ${rule}`

/** Entries of link-local addresses come of checks of other entries, whose time is chance. */
const isLasting = ({ ip }: NeighAfter): boolean => !ip.startsWith('fe80:')

/** The states of a known neighbour follow one another with time, and so do those of an unknown one. */
function neighText({ netns, dev, ip, mac, state }: NeighAfter): string {
  const known = state !== 'INCOMPLETE' && state !== 'FAILED'
  return `${netns} ${ip} dev ${dev} ${known ? `lladdr ${mac}` : 'unknown'}`
}
