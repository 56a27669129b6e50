import type { WorldReader } from '../core/world.ts'
import { firstCluster } from '../api/names.ts'
import type { DnsClientConfig, DnsClientState } from '../apps/dns-client.ts'
import { libcOf, type Resolved } from '../apps/resolver.ts'
import { startApp } from '../apps/runtime.ts'
import { answerQuestion } from '../dns/records.ts'
import type { DnsRecord } from '../net/packet.ts'
import type { Simulation } from '../simulation.ts'
import { readSource } from './endpoints.ts'

/** The ask `dns`: from a pod through its resolv.conf and libc, with real packets; without one, what the server would say. */
export interface DnsRequest {
  readonly name: string
  readonly type?: string
  readonly from?: string
}

export interface DnsAnswer {
  readonly rcode: string
  readonly answers: readonly DnsRecord[]
  readonly queries: readonly {
    readonly name: string
    readonly type: string
    readonly server: string
    readonly transport: string
    readonly rcode: string | null
    readonly atUs: number
  }[]
}

type Failed = { readonly error: { readonly code: string; readonly message: string } }

const TYPES = ['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT']
const BUDGET = { withinUs: 120_000_000, maxEvents: 100_000 }

export function askDns(sim: Simulation, request: DnsRequest): DnsAnswer | Failed {
  if (typeof request.name !== 'string' || request.name === '') return bad('`name` is the name to look up')
  const type = request.type ?? 'A'
  if (!TYPES.includes(type)) return bad(`type "${type}": one of ${TYPES.join(', ')}`)
  if (request.from === undefined) return fromServer(sim.world, request.name, type)
  const source = readSource(sim.world, request.from)
  if (!source.ok) return { error: { code: source.error.code, message: source.error.message } }
  // getaddrinfo() asks for both families at once; a single other type is what dig and resolvers of programs ask.
  const types = type === 'A' || type === 'AAAA' ? ['A', 'AAAA'] : [type]
  const { netns, image, files } = source.value
  const resolved = sim.explain((inner) =>
    lookUp(inner, netns, {
      name: request.name,
      types,
      libc: libcOf(image),
      packet: 'dns',
      process: 'getent',
      ...(files ? { files } : {}),
    }),
  )
  if (!resolved) return { error: { code: 'timeout', message: 'the lookup did not end' } }
  const start = resolved.log[0]?.atUs ?? 0
  return {
    rcode: resolved.rcode,
    answers: onceEach(resolved.answers).filter(
      (record) => types.length === 1 || record.type === type || record.type === 'CNAME',
    ),
    queries: resolved.log.map(({ name, type, server, transport, rcode, atUs }) => ({
      name,
      type,
      server,
      transport,
      rcode,
      atUs: atUs - start,
    })),
  }
}

function lookUp(sim: Simulation, netns: string, config: DnsClientConfig): Resolved | undefined {
  const id = 'dns-question'
  sim.transact('question', (ctx) =>
    startApp(ctx, { id, netns, program: 'dns-client', config, state: null, owner: 'question' }),
  )
  const result = () => (sim.world.get('app', id)?.state as DnsClientState | null)?.result // written by program `dns-client`
  sim.runWhile(() => !result(), BUDGET)
  return result()
}

/** Both families' answers repeat the aliases on the way. */
function onceEach(records: readonly DnsRecord[]): DnsRecord[] {
  return [...new Map(records.map((record) => [`${record.name} ${record.type} ${record.data}`, record])).values()]
}

function fromServer(world: WorldReader, name: string, type: string): DnsAnswer {
  const { rcode, answers } = answerQuestion(world, firstCluster(world), { name, type })
  return { rcode, answers, queries: [] }
}

const bad = (message: string): Failed => ({ error: { code: 'bad-ask', message } })
