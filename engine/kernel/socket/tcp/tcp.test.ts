import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Ip } from '../../../net/address.ts'
import type { IpPacket } from '../../../net/packet.ts'
import { belowOver, newWire, TwoHosts } from '../../../testing/two-hosts.ts'
import type { IpOutput, RouteLookup } from '../../contract.ts'
import { close, connect, listen, send } from '../api.ts'
import { giveUpAfterUs } from './timers.ts'

let wire = newWire()
vi.mock('../below.ts', () => ({
  ipOutput: (...args: Parameters<IpOutput>) => belowOver(() => wire).ipOutput(...args),
  routeLookup: (...args: Parameters<RouteLookup>) => belowOver(() => wire).routeLookup(...args),
}))

const A = '10.0.0.1' as Ip
const B = '10.0.0.2' as Ip
let lab: TwoHosts

beforeEach(() => {
  wire = newWire()
  lab = new TwoHosts(wire)
})

const server = (port = 80, address = '0.0.0.0') =>
  listen(lab.ctx, { netns: 'b', proto: 'tcp', address: address as Ip, port, app: 'server', process: 'srv' })
const client = (more: Partial<Parameters<typeof connect>[1]> = {}) =>
  connect(lab.ctx, {
    netns: 'a',
    proto: 'tcp',
    dst: B,
    port: 80,
    app: 'client',
    process: 'curl',
    packet: 'p',
    sport: 40000,
    ...more,
  })
const states = () => lab.world.rows('socket').map((row) => `${row.netns} ${row.state}`)
const events = (app: string) =>
  lab.woken
    .filter((w) => w.app === app)
    .map((w) =>
      w.event.type === 'error'
        ? `error ${w.event.errno}`
        : w.event.type === 'stream'
          ? `stream ${w.event.data.bytes}`
          : w.event.type,
    )
const socket = (netns: string) => lab.world.rows('socket').find((row) => row.netns === netns && row.remoteIp)?.id ?? ''

/** Answers every data packet above `mtu` as a router does, or swallows it. */
function narrow(mtu: number, speaks: boolean): void {
  wire.rule = (packet) => {
    const big = packet.body.kind === 'tcp' && packet.body.data.bytes + 52 > mtu
    if (!big) return 'pass'
    if (!speaks) return 'lose'
    return {
      ...packet,
      src: '10.0.0.9' as Ip,
      dst: packet.src,
      body: { kind: 'icmp', type: 'unreachable', code: 'frag-needed', mtu, quoted: packet },
    }
  }
}

/** The wire turns every SYN into this ICMP error. */
function answerSyn(body: (quoted: IpPacket) => IpPacket['body']): void {
  wire.rule = (packet) =>
    packet.body.kind === 'tcp' && packet.body.flags === 'S'
      ? { ...packet, src: '10.0.0.9' as Ip, dst: packet.src, body: body(packet) }
      : 'pass'
}

describe('handshake', () => {
  test('SYN, SYN-ACK, ACK; both programs are woken; packet ids number each end', () => {
    server()
    client()
    lab.run()
    expect(lab.log).toEqual(['0.0 10.0.0.1 S', '0.0 10.0.0.2 S.', '0.0 10.0.0.1 .'])
    expect(wire.sent.map((s) => s.id)).toEqual(['p', 'p/r1', 'p/2'])
    expect(states()).toEqual(['a ESTAB', 'b LISTEN', 'b ESTAB'])
    expect([events('client'), events('server')]).toEqual([['connected'], ['accepted']])
    expect(lab.settled).toBe(true)
  })

  test('the first step is the call, the last of the SYN its delivery to the listening socket', () => {
    server()
    client()
    const of = lab.steps.filter((step) => step.packet === 'p')
    expect(of.map((s) => [s.stage, s.action, s.end?.disposition])).toEqual([
      ['socket', 'connect', undefined],
      ['deliver', 'delivered', 'delivered'],
    ])
    expect(of[1].decidedBy).toMatchObject({ table: 'socket', id: 'b|tcp|0.0.0.0:80' })
  })

  test.each([
    ['10.0.0.2', 1460],
    ['fd00::2', 1440],
  ] as const)('the MSS option to %s is %i', (dst, mss) => {
    server(80, '::')
    client({ dst: dst as Ip })
    lab.run()
    const syns = wire.sent.map((s) => s.packet.body).filter((body) => body.kind === 'tcp' && body.flags.includes('S'))
    expect(syns.map((body) => body.kind === 'tcp' && body.mss)).toEqual([mss, mss])
  })

  test('a lost SYN-ACK comes again, and the connection with it', () => {
    server()
    let lost = 0
    wire.rule = (packet) => (packet.body.kind === 'tcp' && packet.body.flags === 'S.' && lost++ === 0 ? 'lose' : 'pass')
    client()
    lab.run()
    expect(states()).toContain('b ESTAB')
    expect(events('client')).toEqual(['connected'])
  })
})

describe('connections that never come about', () => {
  test('nobody answers: SYN at 0, then 1+1+1+1+1+2+4+8+16+32+64 seconds, 131 in all', () => {
    wire.rule = () => 'lose'
    client()
    lab.run()
    expect(wire.sent.map((s) => s.at / 1e6)).toEqual([0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67])
    expect(lab.woken).toMatchObject([{ at: 131_000_015, event: { type: 'error', errno: 'ETIMEDOUT' } }])
    expect(states()).toEqual([])
  })

  test('without linear timeouts it is 127 seconds', () => {
    lab.world.put('sysctl', {
      id: 'a|net.ipv4.tcp_syn_linear_timeouts',
      netns: 'a',
      key: 'net.ipv4.tcp_syn_linear_timeouts',
      value: '0',
    })
    wire.rule = () => 'lose'
    client()
    lab.run()
    expect(lab.woken[0].at).toBe(127_000_015)
  })

  test('a closed port answers RST: refused at once', () => {
    client()
    lab.run()
    expect(lab.log).toEqual(['0.0 10.0.0.1 S', '0.0 10.0.0.2 R.'])
    expect(events('client')).toEqual(['error ECONNREFUSED'])
    expect(lab.steps.find((s) => s.packet === 'p' && s.end)?.end).toEqual({
      disposition: 'rejected',
      reason: 'sock.not-listening',
    })
  })

  test('a program on the loopback address only is named as the reason', () => {
    server(80, '127.0.0.1')
    client()
    lab.run()
    expect(lab.steps.find((s) => s.packet === 'p' && s.end)?.end).toEqual({
      disposition: 'rejected',
      reason: 'sock.localhost-only',
    })
  })

  test.each([
    [
      'host unreachable',
      (quoted: IpPacket) => ({ kind: 'icmp', type: 'unreachable', code: 'host', quoted }) as const,
      'EHOSTUNREACH',
    ],
    [
      'net unreachable',
      (quoted: IpPacket) => ({ kind: 'icmp', type: 'unreachable', code: 'net', quoted }) as const,
      'ENETUNREACH',
    ],
    [
      'port unreachable',
      (quoted: IpPacket) => ({ kind: 'icmp', type: 'unreachable', code: 'port', quoted }) as const,
      'ECONNREFUSED',
    ],
    [
      'admin prohibited',
      (quoted: IpPacket) => ({ kind: 'icmp', type: 'unreachable', code: 'admin-prohibited', quoted }) as const,
      'EHOSTUNREACH',
    ],
    ['TTL exceeded', (quoted: IpPacket) => ({ kind: 'icmp', type: 'time-exceeded', quoted }) as const, 'EHOSTUNREACH'],
  ])('ICMP %s ends connect() at once', (_name, body, errno) => {
    answerSyn(body)
    client()
    lab.run()
    expect(events('client')).toEqual([`error ${errno}`])
    expect(lab.woken[0].at).toBeLessThan(1000)
  })

  test('no route: connect() itself fails and nothing is sent', () => {
    expect(client({ dst: '192.0.2.1' as Ip })).toEqual({ errno: 'ENETUNREACH' })
    expect(wire.sent).toEqual([])
  })

  test('a SYN-ACK from another address is answered by RST and connect() times out', () => {
    server()
    wire.rule = (packet) =>
      packet.body.kind === 'tcp' && packet.body.flags === 'S.' ? { ...packet, src: '10.0.0.77' as Ip } : 'pass'
    client()
    lab.run(140_000_000)
    expect(lab.log.slice(0, 3)).toEqual(['0.0 10.0.0.1 S', '0.0 10.0.0.2 S.', '0.0 10.0.0.1 R'])
    expect(lab.steps.find((s) => s.packet === 'p/r1' && s.end)).toMatchObject({
      end: { reason: 'sock.no-connection' },
      detail: 'the socket waits for an answer from 10.0.0.2:80, this one comes from 10.0.0.77:80: RST',
    })
    expect(events('client')).toEqual(['error ETIMEDOUT'])
  })
})

describe('data', () => {
  beforeEach(() => {
    server()
    client()
    lab.run()
    wire.sent.length = 0
  })

  test('a write of 3000 bytes is three segments of at most MSS less timestamps, each acknowledged', () => {
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 3000, message: 'hello' })
    lab.run()
    expect(lab.log.filter((line) => line.includes('10.0.0.1'))).toEqual([
      '0.0 10.0.0.1 . 1448',
      '0.0 10.0.0.1 . 1448',
      '0.0 10.0.0.1 P. 104',
    ])
    expect(events('server').slice(1)).toEqual(['stream 1448', 'stream 1448', 'stream 104'])
    expect(
      lab.woken.map((w) => (w.event.type === 'stream' ? w.event.data.message : undefined)).filter(Boolean),
    ).toEqual(['hello'])
    expect(lab.settled).toBe(true)
  })

  test('a megabyte arrives whole, in order', () => {
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 1_000_000 })
    lab.run()
    const got = lab.woken.reduce((sum, w) => sum + (w.event.type === 'stream' ? w.event.data.bytes : 0), 0)
    expect(got).toBe(1_000_000)
  })

  test('a lost segment is sent again after the retransmission timeout', () => {
    let lost = 0
    wire.rule = (packet) => (packet.body.kind === 'tcp' && packet.body.data.bytes > 0 && lost++ === 0 ? 'lose' : 'pass')
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 100 })
    lab.run()
    expect(lab.log).toEqual(['0.0 10.0.0.1 P. 100', '0.2 10.0.0.1 P. 100', '0.2 10.0.0.2 .'])
  })

  test('a lost segment among many is sent again at three duplicate ACKs, without waiting', () => {
    let n = 0
    wire.rule = (packet) => (packet.body.kind === 'tcp' && packet.body.data.bytes > 0 && n++ === 1 ? 'lose' : 'pass')
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 14480 })
    lab.run()
    const got = lab.woken.reduce((sum, w) => sum + (w.event.type === 'stream' ? w.event.data.bytes : 0), 0)
    expect(got).toBe(14480)
    expect(lab.ctx.clock.now).toBeLessThan(100_000)
  })

  test('frag-needed makes the segments smaller at once', () => {
    narrow(1400, true)
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 3000 })
    lab.run()
    expect(lab.log.filter((line) => / [.P]+ \d/.test(line)).slice(-3)).toEqual([
      '0.0 10.0.0.1 . 1348',
      '0.0 10.0.0.1 . 1348',
      '0.0 10.0.0.1 P. 304',
    ])
    expect(lab.world.get('pmtu', 'a|10.0.0.2')?.mtu).toBe(1400)
    expect(lab.ctx.clock.now).toBeLessThan(100_000)
  })

  test('without the message it stalls, and gives up after 924.6 seconds', () => {
    narrow(1400, false)
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 3000 })
    lab.run()
    expect(events('client')).toEqual(['connected', 'error ETIMEDOUT'])
    const seconds = lab.ctx.clock.now / 1e6
    expect(seconds).toBeGreaterThan(924)
    expect(seconds).toBeLessThan(1050)
  })

  test('a soft ICMP error names the timeout', () => {
    wire.rule = (packet) =>
      packet.body.kind === 'tcp' && packet.body.data.bytes > 0
        ? {
            ...packet,
            src: '10.0.0.9' as Ip,
            dst: packet.src,
            body: { kind: 'icmp', type: 'unreachable', code: 'host', quoted: packet },
          }
        : 'pass'
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 10 })
    lab.run()
    expect(events('client')).toEqual(['connected', 'error EHOSTUNREACH'])
  })
})

describe('close', () => {
  beforeEach(() => {
    server()
    client()
    lab.run()
    wire.sent.length = 0
    lab.onWake = (ctx, { event }) => {
      if (event.type === 'closed') close(ctx, event.socket)
    }
  })

  test('FIN both ways; the one who began rests in TIME-WAIT for a minute, in the background', () => {
    close(lab.ctx, socket('a'))
    lab.run(1_000_000)
    expect(lab.log).toEqual(['0.0 10.0.0.1 F.', '0.0 10.0.0.2 .', '0.0 10.0.0.2 F.', '0.0 10.0.0.1 .'])
    expect(states()).toEqual(['a TIME-WAIT', 'b LISTEN'])
    expect(lab.settled).toBe(true)
    lab.run()
    expect(states()).toEqual(['b LISTEN'])
    expect(Math.round(lab.ctx.clock.now / 1e6)).toBe(60)
  })

  test('data written before close() goes out before the FIN', () => {
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 2000 })
    close(lab.ctx, socket('a'))
    lab.run(1_000_000)
    expect(lab.log.filter((line) => line.includes('10.0.0.1')).slice(0, 3)).toEqual([
      '0.0 10.0.0.1 . 1448',
      '0.0 10.0.0.1 P. 552',
      '0.0 10.0.0.1 F.',
    ])
    expect(states()).toEqual(['a TIME-WAIT', 'b LISTEN'])
  })

  test('both close at the same moment', () => {
    close(lab.ctx, socket('a'))
    const b = socket('b')
    if (b) close(lab.ctx, b)
    lab.run()
    expect(states()).toEqual(['b LISTEN'])
  })

  test('a segment for a connection that is gone is reset, and the reset tells the other', () => {
    lab.world.delete('socket', socket('b'))
    send(lab.ctx, socket('a'), { kind: 'data', bytes: 5 })
    lab.run()
    expect(lab.log).toEqual(['0.0 10.0.0.1 P. 5', '0.0 10.0.0.2 R'])
    expect(events('client')).toEqual(['connected', 'error ECONNRESET'])
  })

  test('the pair of ports is taken again out of TIME-WAIT', () => {
    close(lab.ctx, socket('b'))
    lab.run(1_000_000)
    lab.onWake = undefined
    for (const row of lab.world.rows('socket')) if (row.netns === 'a') lab.world.delete('socket', row.id)
    client({ packet: 'q' })
    lab.run(2_000_000)
    expect(states()).toContain('a ESTAB')
  })
})

test('fifteen retransmissions take 924.6 seconds', () => {
  expect(giveUpAfterUs(15)).toBe(924_600_000)
})

test('ephemeral ports are even, in range and differ', () => {
  server()
  const ports = [0, 1, 2, 3].map((n) => {
    const made = client({ sport: undefined, packet: `q${n}` })
    return 'id' in made ? (lab.world.get('socket', made.id)?.localPort ?? 0) : 0
  })
  expect(new Set(ports).size).toBe(4)
  for (const port of ports) expect([port >= 32768 && port <= 60999, port % 2]).toEqual([true, 0])
})

test('connections to the own address', () => {
  listen(lab.ctx, { netns: 'a', proto: 'tcp', address: '0.0.0.0' as Ip, port: 80, app: 'server', process: 'srv' })
  client({ dst: A })
  lab.run()
  expect(states()).toEqual(['a LISTEN', 'a ESTAB', 'a ESTAB'])
})
