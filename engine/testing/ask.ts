import { judge } from '../headless/judge.ts'
import { probeDone, type ProbeQuestion, startProbe, stateOf } from '../headless/probe.ts'
import { packetIn, receiverOf, sourceIn } from '../headless/receiver.ts'
import { WalkCollector } from '../headless/walk.ts'
import { assert } from '../core/assert.ts'
import type { Simulation } from '../simulation.ts'

export interface Answer {
  readonly verdict: string
  readonly reason: string | null
  readonly clientSees: string
  /** Pod, node or `ip:port` that took the request. */
  readonly at: string | null
  /** Address that the receiver saw. */
  readonly source: string | null
  readonly ttl: number | undefined
  /** Devices that the request's own walk passed, in order, each once in a row: `n1 cni0`. */
  readonly devices: readonly string[]
  /** True if an address or port of the request changed on its way. */
  readonly translated: boolean
}

/** Sends one packet in a world that forgets it again, and says what became of it. */
export function ask(sim: Simulation, question: ProbeQuestion): Answer {
  return sim.explain((trial) => {
    const start = trial.moment
    let id = ''
    trial.transact('question', (ctx) => {
      const started = startProbe(ctx, question as never) // a probe reads every field of a ProbeQuestion
      assert(started.ok, started.ok ? '' : started.error)
      id = started.value
    })
    trial.runWhile(() => !probeDone(trial.world, id), { withinUs: 240_000_000 })
    const walks = new WalkCollector(id)
    for (const commit of trial.commits.slice(start)) walks.add(commit.steps)
    const judged = judge(trial.world, walks, stateOf(trial.world, id))
    const to = receiverOf(trial.world, judged.request)
    const main = judged.request.steps.filter(({ branch }) => !branch.includes('.'))
    const devices = main.flatMap(({ host, dev }) => (dev ? [`${host} ${dev}`] : []))
    return {
      verdict: judged.verdict,
      reason: judged.reason,
      clientSees: judged.clientSees,
      at: to && (to.pod ?? to.node ?? `${to.ip}:${to.port}`),
      source: sourceIn(judged.request)?.replace(/:\d+$/, '') ?? null,
      ttl: judged.request.end && packetIn(judged.request.end)?.ttl,
      devices: devices.filter((device, i) => device !== devices[i - 1]),
      translated: main.some(({ action }) => action === 'SNAT' || action === 'DNAT'),
    }
  })
}
