import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { IpOutput, RouteLookup } from '../kernel/contract.ts'
import { PROGRAMS } from '../programs.ts'
import { belowOver, newWire, TwoHosts } from '../testing/two-hosts.ts'
import { startListeners, stopListeners } from './listeners.ts'
import type { ProbeConfig, ProbeState } from './probe.ts'
import { appHandlers, startApp } from './runtime.ts'

let wire = newWire()
vi.mock('../kernel/socket/below.ts', () => ({
  ipOutput: (...args: Parameters<IpOutput>) => belowOver(() => wire).ipOutput(...args),
  routeLookup: (...args: Parameters<RouteLookup>) => belowOver(() => wire).routeLookup(...args),
}))

let lab: TwoHosts
beforeEach(() => {
  wire = newWire()
  lab = new TwoHosts(wire)
  const handlers = appHandlers(PROGRAMS)
  lab.onWake = (ctx, payload) => handlers['app-event'](ctx, payload as never)
})

const serve = (id: string, ports: readonly number[], proto: 'tcp' | 'udp' | 'sctp' = 'tcp') =>
  startListeners(lab.ctx, {
    netns: 'b',
    id,
    name: `default/${id}`,
    ports: ports.map((port) => ({ port, proto, program: 'listener', process: 'srv' })),
  })
const bound = () => lab.world.rows('socket').map((row) => row.localPort)

function ask(config: Partial<ProbeConfig>): ProbeState['result'] {
  startApp(lab.ctx, {
    id: 'probe',
    netns: 'a',
    program: 'probe',
    config: { proto: 'tcp', host: '10.0.0.2', port: 80, packet: 'p', process: 'curl', ...config } satisfies ProbeConfig,
    state: null,
  })
  lab.run(200_000_000)
  return (lab.world.get('app', 'probe')?.state as ProbeState | undefined)?.result
}

describe('servers of containers', () => {
  test('two containers of a pod that want one port: the second crashes and leaves nothing bound', () => {
    expect(serve('web', [80])).toBeUndefined()
    expect(serve('side', [9090, 80])).toMatchObject({
      errno: 'EADDRINUSE',
      port: 80,
      message: 'listen tcp :80: bind: address already in use',
    })
    expect(bound()).toEqual([80])
  })

  test('a container that stops frees its ports', () => {
    serve('web', [80])
    stopListeners(lab.ctx, 'web')
    expect(bound()).toEqual([])
    expect(lab.world.rows('app')).toEqual([])
    expect(serve('other', [80])).toBeUndefined()
  })
})

describe('a probe', () => {
  test('TCP: request and answer, then both sides close', () => {
    serve('web', [80])
    expect(ask({ size: 5000 })).toMatchObject({ sees: 'answered', from: { ip: '10.0.0.2', port: 80 } })
    lab.run()
    expect(lab.world.rows('socket').map((row) => row.state)).toEqual(['LISTEN'])
  })

  test('HTTP names the backend and the headers it saw', () => {
    serve('web', [80])
    expect(ask({ http: { path: '/x', headers: { 'x-a': '1' } } })?.http).toMatchObject({
      status: 200,
      backend: 'default/web',
      requestHeaders: { host: '10.0.0.2', 'x-a': '1' },
    })
  })

  test('UDP, ICMP, SCTP', () => {
    serve('web', [53], 'udp')
    serve('sctp', [7], 'sctp')
    expect(ask({ proto: 'udp', port: 53 })?.sees).toBe('answered')
    expect(ask({ proto: 'icmp', port: 0 })?.sees).toBe('answered')
    expect(ask({ proto: 'sctp', port: 7 })?.sees).toBe('answered')
  })

  test.each<[string, Partial<ProbeConfig>, string, string]>([
    ['a closed TCP port', {}, 'refused', 'ECONNREFUSED'],
    ['a closed UDP port', { proto: 'udp', port: 53 }, 'refused', 'ECONNREFUSED'],
    ['no route', { host: '192.0.2.1' }, 'unreachable', 'ENETUNREACH'],
  ])('%s', (_name, config, sees, errno) => {
    expect(ask(config)).toMatchObject({ sees, errno })
  })

  test('silence is a timeout after 131 seconds for TCP, after its patience for UDP', () => {
    wire.rule = () => 'lose'
    expect(ask({})).toMatchObject({ sees: 'timeout' })
    const tcp = lab.ctx.clock.now
    expect(tcp).toBeGreaterThan(131_000_000)
  })

  test('data that is never acknowledged is a stall', () => {
    serve('web', [80])
    wire.rule = (packet) => (packet.body.kind === 'tcp' && packet.body.data.bytes > 1000 ? 'lose' : 'pass')
    expect(ask({ size: 3000 })).toMatchObject({ sees: 'stalled' })
  })

  test('a name that cannot be resolved sends nothing to the destination', () => {
    expect(ask({ host: 'web' })).toMatchObject({ sees: 'unreachable', errno: 'EAI_AGAIN', dns: 'REFUSED' })
  })
})
