import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Ip } from '../../net/address.ts'
import { belowOver, newWire, TwoHosts } from '../../testing/two-hosts.ts'
import type { IpOutput, RouteLookup } from '../contract.ts'
import { connect, listen, send, sendEcho, sendTo } from './api.ts'

let wire = newWire()
vi.mock('./below.ts', () => ({
  ipOutput: (...args: Parameters<IpOutput>) => belowOver(() => wire).ipOutput(...args),
  routeLookup: (...args: Parameters<RouteLookup>) => belowOver(() => wire).routeLookup(...args),
}))

const B = '10.0.0.2' as Ip
const data = (bytes: number) => ({ kind: 'data', bytes }) as const
let lab: TwoHosts

beforeEach(() => {
  wire = newWire()
  lab = new TwoHosts(wire)
})

const bind = (proto: 'udp' | 'tcp' | 'sctp', address: string, port: number, more: { v6only?: boolean } = {}) =>
  listen(lab.ctx, { netns: 'b', proto, address: address as Ip, port, app: 'server', process: 'srv', ...more })
const open = () => {
  const made = connect(lab.ctx, {
    netns: 'a',
    proto: 'udp',
    dst: B,
    port: 53,
    app: 'client',
    process: 'dig',
    sport: 40000,
  })
  return 'id' in made ? made.id : ''
}
const heard = (app: string) => lab.woken.filter((w) => w.app === app).map((w) => w.event)

describe('UDP', () => {
  test('a datagram and its answer, from the address that was asked', () => {
    bind('udp', '0.0.0.0', 53)
    lab.onWake = (ctx, { event }) => {
      if (event.type === 'datagram' && event.to === B)
        sendTo(ctx, event.socket, { ...event.from, src: event.to }, data(80), `${event.packet}/r1`)
    }
    sendTo(lab.ctx, open(), undefined, data(40), 'p')
    lab.run()
    expect(wire.sent.map((s) => [s.id, s.packet.src, s.packet.dst])).toEqual([
      ['p', '10.0.0.1', B],
      ['p/r1', B, '10.0.0.1'],
    ])
    expect(heard('client')).toMatchObject([
      { type: 'datagram', from: { ip: B, port: 53 }, body: { bytes: 80 }, ttl: 64 },
    ])
  })

  test('a closed port answers ICMP port unreachable: ECONNREFUSED on a connected socket, and on its next call', () => {
    const socket = open()
    sendTo(lab.ctx, socket, undefined, data(40), 'p')
    lab.run()
    expect(lab.log).toEqual(['0.0 10.0.0.1 udp', '0.0 10.0.0.2 icmp unreachable'])
    expect(heard('client')).toMatchObject([{ type: 'error', errno: 'ECONNREFUSED', icmp: { from: B, code: 'port' } }])
    expect(sendTo(lab.ctx, socket, undefined, data(40))).toEqual({ errno: 'ECONNREFUSED' })
    expect(sendTo(lab.ctx, socket, undefined, data(40))).toEqual({ ok: true })
  })

  test('host unreachable does not reach a UDP program: it waits in vain', () => {
    wire.rule = (packet) =>
      packet.body.kind === 'udp'
        ? {
            ...packet,
            src: '10.0.0.9' as Ip,
            dst: packet.src,
            body: { kind: 'icmp', type: 'unreachable', code: 'host', quoted: packet },
          }
        : 'pass'
    sendTo(lab.ctx, open(), undefined, data(40), 'p')
    lab.run()
    expect(heard('client')).toEqual([])
  })

  test('a connected socket takes datagrams of its peer only', () => {
    open()
    const other = bind('udp', '0.0.0.0', 99)
    if ('id' in other) sendTo(lab.ctx, other.id, { ip: '10.0.0.1' as Ip, port: 40000 }, data(1), 'stray')
    lab.run()
    expect(heard('client')).toEqual([])
    expect(lab.steps.find((s) => s.packet === 'stray' && s.end)?.end?.reason).toBe('sock.not-listening')
  })

  test.each([
    [1472, true],
    [1473, false],
  ])('%i bytes of payload at MTU 1500: DF %s', (bytes, df) => {
    sendTo(lab.ctx, open(), undefined, data(bytes), 'p')
    expect(wire.sent[0].packet.df).toBe(df)
  })
})

describe('bind conflicts', () => {
  test.each<[string, [string, { v6only?: boolean }?], [string, { v6only?: boolean }?], boolean]>([
    ['the same address', ['0.0.0.0'], ['0.0.0.0'], true],
    ['any and a specific one', ['0.0.0.0'], ['10.0.0.2'], true],
    ['loopback and a specific one', ['127.0.0.1'], ['10.0.0.2'], false],
    [':: takes IPv4 too', ['::'], ['0.0.0.0'], true],
    [':: with v6only leaves IPv4 alone', ['0.0.0.0'], ['::', { v6only: true }], false],
    [':: with v6only and an IPv6 address', ['::', { v6only: true }], ['fd00::2'], true],
  ])('%s', (_name, first, second, conflict) => {
    expect(bind('tcp', first[0], 80, first[1])).toHaveProperty('id')
    const result = bind('tcp', second[0], 80, second[1])
    expect(result).toEqual(conflict ? { errno: 'EADDRINUSE' } : { id: expect.any(String) })
  })

  test('protocols do not conflict, foreign addresses are refused', () => {
    expect(bind('tcp', '0.0.0.0', 53)).toHaveProperty('id')
    expect(bind('udp', '0.0.0.0', 53)).toHaveProperty('id')
    expect(bind('tcp', '10.9.9.9', 80)).toEqual({ errno: 'EADDRNOTAVAIL' })
  })
})

describe('ICMP echo', () => {
  test('the kernel answers; the reply carries size and sequence', () => {
    sendEcho(lab.ctx, { netns: 'a', dst: B, bytes: 56, seq: 1, app: 'client', process: 'ping', packet: 'p' })
    lab.run()
    expect(wire.sent.map((s) => s.id)).toEqual(['p', 'p/r1'])
    expect(heard('client')).toMatchObject([{ type: 'echo-reply', from: B, seq: 1, bytes: 56, ttl: 64 }])
  })

  test('IPv6 too', () => {
    sendEcho(lab.ctx, {
      netns: 'a',
      dst: 'fd00::2' as Ip,
      bytes: 56,
      seq: 1,
      app: 'client',
      process: 'ping',
      packet: 'p',
    })
    lab.run()
    expect(heard('client')).toMatchObject([{ type: 'echo-reply', from: 'fd00::2' }])
  })

  test('an error that quotes the request reaches ping', () => {
    wire.rule = (packet) =>
      packet.body.kind === 'icmp'
        ? {
            ...packet,
            src: '10.0.0.9' as Ip,
            dst: packet.src,
            body: { kind: 'icmp', type: 'time-exceeded', quoted: packet },
          }
        : 'pass'
    sendEcho(lab.ctx, { netns: 'a', dst: B, bytes: 56, seq: 1, app: 'client', process: 'ping', packet: 'p' })
    lab.run()
    expect(heard('client')).toMatchObject([
      { type: 'error', errno: 'EHOSTUNREACH', icmp: { from: '10.0.0.9', type: 'time-exceeded' } },
    ])
  })
})

describe('SCTP', () => {
  test('four chunks, then data and its SACK', () => {
    bind('sctp', '0.0.0.0', 7777)
    lab.onWake = (ctx, { event }) => {
      if (event.type === 'connected') send(ctx, event.socket, data(10))
    }
    connect(lab.ctx, { netns: 'a', proto: 'sctp', dst: B, port: 7777, app: 'client', process: 'sctp', packet: 'p' })
    lab.run()
    expect(lab.log.map((line) => line.split(' sctp ')[1])).toEqual([
      'init',
      'init-ack',
      'cookie-echo',
      'cookie-ack',
      'data',
      'sack',
    ])
    expect(heard('server').map((e) => e.type)).toEqual(['accepted', 'stream'])
  })

  test('a closed port aborts', () => {
    connect(lab.ctx, { netns: 'a', proto: 'sctp', dst: B, port: 7777, app: 'client', process: 'sctp', packet: 'p' })
    lab.run()
    expect(heard('client')).toMatchObject([{ type: 'error', errno: 'ECONNREFUSED' }])
  })
})

test('an outside host listens on every port', () => {
  lab.world.patch('host', 'b', { kind: 'outside' })
  connect(lab.ctx, { netns: 'a', proto: 'tcp', dst: B, port: 4711, app: 'client', process: 'curl', packet: 'p' })
  lab.run()
  expect(heard('client').map((e) => e.type)).toEqual(['connected'])
})
