import { REASONS, type ReasonCode, type Verdict } from '../kernel/trace/reasons.ts'
import type { Step } from '../kernel/trace/step.ts'
import { answers } from './packet-id.ts'

/** The steps of one packet, in order, and how it ended. */
export interface Walk {
  readonly packet: string
  readonly steps: readonly Step[]
  readonly end?: Step
}

/** Gathers the steps of a packet as commits come in. */
export class WalkCollector {
  readonly packet: string
  private readonly prefix: string
  private readonly mine: Step[] = []
  private readonly others = new Map<string, Step[]>()
  private finished: Step | undefined

  constructor(packet: string) {
    this.packet = packet
    this.prefix = `${packet}/`
  }

  add(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.packet === this.packet) {
        this.mine.push(step)
        if (decides(step, this.finished)) this.finished = step
      } else if (step.packet.startsWith(this.prefix)) {
        const list = this.others.get(step.packet)
        if (list) list.push(step)
        else this.others.set(step.packet, [step])
      }
    }
  }

  get request(): Walk {
    return { packet: this.packet, steps: this.mine, ...(this.finished ? { end: this.finished } : {}) }
  }

  /** True once the request was delivered, refused or lost: nothing more happens to it. */
  get ended(): boolean {
    return this.finished !== undefined
  }

  /** The first answer to the request: SYN-ACK, RST, datagram, echo reply, or an ICMP error. */
  get reply(): Walk | undefined {
    for (const id of this.others.keys()) if (answers(id, this.packet)) return this.walkOf(id)
    return undefined
  }

  /** Any packet of this exchange. */
  walkOf(packet: string): Walk {
    const steps = this.others.get(packet) ?? []
    let end: Step | undefined
    for (const step of steps) if (decides(step, end)) end = step
    return { packet, steps, ...(end ? { end } : {}) }
  }

  get packets(): readonly string[] {
    return [...this.others.keys()]
  }
}

const RANK = { delivered: 3, rejected: 2, dropped: 1, consumed: 1, absorbed: 0, parked: 0 } as const

/** Of several branches the one that got furthest speaks for the packet; copies that others ignored and ARP do not. */
function decides(step: Step, before: Step | undefined): boolean {
  if (!step.end) return false
  const rank = RANK[step.end.disposition]
  return rank > 0 && (!before?.end || rank > RANK[before.end.disposition]) && isMain(step.branch)
}

/** Copies of a flood are `0.1`, `0.2`; what the packet caused (ARP, ND) has a word in its branch. */
const isMain = (branch: string) => /^[\d.]+$/.test(branch)

/** How a packet fared, by its last step. */
export function verdictOf(walk: Walk): { verdict: Verdict; reason: ReasonCode | null } {
  const end = walk.end?.end
  if (!end) return { verdict: 'dropped', reason: null }
  if (end.disposition === 'delivered' || end.disposition === 'consumed') return { verdict: 'delivered', reason: null }
  const code = end.reason && end.reason in REASONS ? (end.reason as ReasonCode) : null // looked up just before
  return {
    verdict: code ? REASONS[code].verdict : end.disposition === 'rejected' ? 'refused' : 'dropped',
    reason: code,
  }
}
