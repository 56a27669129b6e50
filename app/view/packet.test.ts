import { describe, expect, test } from 'vitest'
import type { Frame, IpPacket, StepView } from '../../engine/index.ts'
import { fixtureWalk } from './fixture.ts'
import { packetFace } from './packet.ts'

/** A packet as plain data; addresses are branded in the engine, text here. */
const ip = (part: object) =>
  ({
    kind: 'ip',
    family: 'ipv4',
    src: '10.244.1.2',
    dst: '10.244.2.2',
    ttl: 64,
    tos: 0,
    df: true,
    ident: 0,
    ...part,
  }) as IpPacket
const tcp = (flags: string, bytes = 0) => ({
  kind: 'tcp',
  sport: 41022,
  dport: 80,
  seq: 0,
  ack: 0,
  flags,
  window: 1,
  data: { kind: 'data', bytes },
})
const frame = (body: object) =>
  ({ src: '52:54:00:00:00:01', dst: '52:54:00:00:00:02', etherType: 'ipv4', body }) as unknown as Frame
const stepWith = (headers: unknown, rest: Partial<StepView> = {}): StepView => ({
  ...fixtureWalk()[6],
  headers,
  ...rest,
})
const text = (parts: readonly { text: string }[]) => parts.map((part) => part.text).join('')

const syn = ip({ body: tcp('S') })
const inVxlan = frame(
  ip({
    src: '192.168.10.11',
    dst: '192.168.10.12',
    body: { kind: 'udp', sport: 50000, dport: 8472, body: { kind: 'vxlan', vni: 1, frame: frame(syn) } },
  }),
)

describe('a packet as it is drawn', () => {
  test.each([
    ['a SYN in IP', syn, ['ip', 'l4'], '10.244.1.2:41022 > 10.244.2.2:80 TCP SYN'],
    [
      'a SYN-ACK in Ethernet',
      frame(ip({ body: tcp('S.') })),
      ['l2', 'ip', 'l4'],
      '10.244.1.2:41022 > 10.244.2.2:80 TCP SYN+ACK',
    ],
    ['data', ip({ body: tcp('P.', 9) }), ['ip', 'l4', 'l7'], '10.244.1.2:41022 > 10.244.2.2:80 TCP PSH+ACK'],
    [
      'inside VXLAN: the inner packet is told',
      inVxlan,
      ['l2', 'tunnel', 'ip', 'l4'],
      '10.244.1.2:41022 > 10.244.2.2:80 TCP SYN',
    ],
  ])('%s', (_what, headers, wraps, line) => {
    const face = packetFace(stepWith(headers))
    expect(face.wraps).toEqual(wraps)
    expect(text(face.line)).toBe(line)
  })

  test('the outer packet of a tunnel has a line of its own', () => {
    expect(text(packetFace(stepWith(inVxlan)).outer)).toBe('VXLAN 1 192.168.10.11 > 192.168.10.12')
    expect(packetFace(stepWith(syn)).outer).toEqual([])
  })

  test('DNAT marks the destination that changed, and tells the old one', () => {
    const face = packetFace(stepWith(syn, { before: { 'ip.dst': '10.96.20.30' }, after: { 'ip.dst': '10.244.2.2' } }))
    expect(face.line.filter((part) => part.changed).map((part) => part.text)).toEqual(['10.244.2.2'])
    expect(face.rewritten).toEqual([{ field: 'dst', before: '10.96.20.30', after: '10.244.2.2' }])
  })

  test('a TTL that fell is no rewrite', () => {
    expect(packetFace(stepWith(syn, { before: { 'ip.ttl': 64 }, after: { 'ip.ttl': 63 } })).rewritten).toEqual([])
  })

  test.each([
    ['SYN', syn, false],
    ['RST', ip({ body: tcp('R.') }), true],
    ['port unreachable', ip({ body: { kind: 'icmp', type: 'unreachable', code: 'port', quoted: syn } }), true],
  ])('%s: bad news is %s', (_what, headers, refusal) => {
    expect(packetFace(stepWith(headers)).refusal).toBe(refusal)
  })

  test('without headers the summary of the step is told', () => {
    expect(text(packetFace(stepWith(undefined)).line)).toBe(fixtureWalk()[6].summary)
  })
})
