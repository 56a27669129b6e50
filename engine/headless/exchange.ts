import type { ProbeState } from '../apps/probe.ts'
import { parseIp } from '../net/ip.ts'
import type { Dice, Simulation } from '../simulation.ts'
import { launch, type Prepared, probeDone, stateOf } from './probe.ts'
import { verdictOf, WalkCollector } from './walk.ts'

/** One question, asked and run to its end within an `explain`. */
export interface Exchange {
  readonly id: string
  readonly walks: WalkCollector
  /** What the client saw at the end. Nobody waits for the answer to a packet with a borrowed source: that one was sent is all. */
  readonly state: ProbeState | undefined
}

/** Longer than TCP's last SYN retransmission gives up, plus a failed name lookup. */
const BUDGET_US = 260_000_000
const MOST_EVENTS = 200_000
/** A packet that vanished speaks no more; copies of it may still be on their way for so long. */
const AFTERMATH_US = 50_000
/** A question without a program behind it (`ip/ADDRESS`) is over when the answer is. */
const SPOOF_US = 4_000_000

export function runExchange(sim: Simulation, prepared: Prepared, options: ExchangeOptions = {}): Exchange {
  let id = ''
  const first = sim.transact('question', (ctx) => {
    id = launch(ctx, prepared)
  })
  const walks = new WalkCollector(id)
  options.started?.(id, walks)
  walks.add(first.steps)
  const start = sim.clock.now
  const deadline = start + (prepared.source.spoof ? SPOOF_US : BUDGET_US)
  // A small request on an established connection meets nothing that the handshake did not meet.
  const { proto, size, http } = prepared.config
  const short = options.handshake && proto === 'tcp' && size === undefined && !http
  const enough = () => short && stateOf(sim.world, id)?.phase === 'waiting'
  let vanishedAt: number | undefined
  for (let events = 0; events < MOST_EVENTS && !probeDone(sim.world, id); events++) {
    if (vanishedAt === undefined && walks.ended && verdictOf(walks.request).verdict === 'dropped')
      vanishedAt = sim.clock.now
    if (vanishedAt !== undefined && sim.clock.now > vanishedAt + AFTERMATH_US) break
    if (prepared.source.spoof && walks.reply?.end) break
    if (enough()) break
    if (sim.clock.now > deadline) break
    const commit = sim.step()
    if (!commit) break
    if (commit.steps.length > 0) walks.add(commit.steps)
  }
  const answered = enough() || (prepared.source.spoof && /\/r\d+$/.test(walks.reply?.packet ?? ''))
  return { id, walks, state: answered ? { phase: 'done', result: { sees: 'answered' } } : stateOf(sim.world, id) }
}

export interface ExchangeOptions {
  /** Hears of the exchange before its first packet leaves. */
  readonly started?: (id: string, walks: WalkCollector) => void
  /** A TCP handshake is answer enough: for whoever asks only whether, not what. */
  readonly handshake?: boolean
}

type Begun = Pick<Exchange, 'id' | 'walks'>

/** One way the dice can fall, with how likely it is. */
export interface Branch<T> {
  readonly probability: number
  readonly value: T
}

const MOST_BRANCHES = 1024

/**
 * Every way the dice can fall for the first request packet, in the order of the rules that throw them: depth first, "yes"
 * before "no". Dice of anything else (an earlier DNS query, later packets) fall as they would.
 */
export function everyBranch<T>(sim: Simulation, prepared: Prepared, look: (exchange: Exchange) => T): Branch<T>[] {
  const branches: Branch<T>[] = []
  let script: boolean[] = []
  while (branches.length < MOST_BRANCHES) {
    const choices = [...script]
    const odds: number[] = []
    let at = 0
    let running: Begun | undefined
    const dice: Dice = (_stream, stakes, honest) => {
      if (!stakes || !isAboutRequest(sim, prepared, running)) return honest()
      const { yes } = stakes
      if (yes >= 1) return 0
      if (yes <= 0) return 1 - Number.EPSILON
      if (at === choices.length) choices.push(true)
      const choice = choices[at++]
      odds.push(choice ? yes : 1 - yes)
      return choice ? 0 : yes + (1 - yes) / 2
    }
    const value = sim.explain((inner) => {
      const exchange = runExchange(inner, prepared, {
        handshake: true,
        started: (id, walks) => {
          running = { id, walks }
        },
      })
      return look(exchange)
    }, dice)
    branches.push({ probability: odds.reduce((product, each) => product * each, 1), value })
    // The next leaf: the last "yes" becomes a "no".
    const last = choices.slice(0, at).lastIndexOf(true)
    if (last < 0) break
    script = [...choices.slice(0, last), false]
  }
  return branches
}

/** False while the name is still being resolved, and after the request has ended. */
function isAboutRequest(sim: Simulation, { target }: Prepared, exchange: Begun | undefined): boolean {
  if (!exchange) return true
  if (exchange.walks.ended) return false
  return (
    parseIp(target.host) !== undefined ||
    ['connecting', 'waiting'].includes(stateOf(sim.world, exchange.id)?.phase ?? '')
  )
}
