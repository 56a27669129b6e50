import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { expect, test } from 'vitest'
import type { Ip, Mac } from './address.ts'
import { broadcastOf, cidrContains, ipFromBigInt, ipToBigInt, networkOf, nthAddress, parseCidr, parseIp } from './ip.ts'
import { groupMac, linkLocalOf, macFrom, macOfIpv4, parseMac, solicitedNode } from './mac.ts'

test.each([
  ['10.244.1.10', '10.244.1.10'],
  ['FD00:10:244:0:0::1', 'fd00:10:244::1'],
  ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['010.0.0.1', undefined],
  ['10.1', undefined],
  ['10.0.0.0.1', undefined],
  ['10.0.0.256', undefined],
  ['1::2::3', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
])('address %s is %s', (text, ip) => expect(parseIp(text)).toBe(ip))

test.each([
  ['10.244.1.7/24', '10.244.1.0/24'],
  ['255.255.255.255/1', '128.0.0.0/1'],
  ['10.0.0.1', '10.0.0.1/32'],
  ['fd00::7/64', 'fd00::/64'],
  ['10.0.0.0/33', undefined],
  ['10.0.0.0/', undefined],
  ['10.0.0.0/-1', undefined],
])('network %s is %s', (text, cidr) => expect(parseCidr(text)).toBe(cidr))

test('arithmetic of networks', () => {
  expect(nthAddress('10.96.0.0/16', 10)).toBe('10.96.0.10')
  expect(nthAddress('10.96.0.0/16', -1)).toBe('10.96.255.255')
  expect(nthAddress('fd00::/112', 10)).toBe('fd00::a')
  expect(networkOf('10.1.2.3', 0)).toBe('0.0.0.0/0')
  expect(broadcastOf('10.244.1.1', 24)).toBe('10.244.1.255')
  expect(broadcastOf('10.244.1.1', 31)).toBeUndefined()
  expect(cidrContains('0.0.0.0/0', '255.255.255.255')).toBe(true)
  expect(cidrContains('0.0.0.0/0', '::1')).toBe(false)
})

test('MACs that follow from addresses', () => {
  expect(linkLocalOf('52:54:00:00:00:11' as Mac)).toBe('fe80::5054:ff:fe00:11')
  expect(solicitedNode('fd00:10:244:1::1234:5678' as Ip)).toBe('ff02::1:ff34:5678')
  expect(groupMac('ff02::1:ff34:5678' as Ip)).toBe('33:33:ff:34:56:78')
  expect(groupMac('224.0.0.251' as Ip)).toBe('01:00:5e:00:00:fb')
  expect(macOfIpv4('10.244.1.10' as Ip)).toBe('0a:58:0a:f4:01:0a')
  expect(parseMac('A:B:c:0:1:2')).toBe('0a:0b:0c:00:01:02')
  expect(parseMac('0a:0b')).toBeUndefined()
  expect(macFrom(1, 'worker/eth0')).toBe(macFrom(1, 'worker/eth0'))
  expect(macFrom(1, 'worker/eth0')).not.toBe(macFrom(2, 'worker/eth0'))
  expect(macFrom(1, 'worker/eth0')).toMatch(/^[0-9a-f][26ae]:/)
})

test('law: texts and numbers agree with ipaddr.js in both families', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, (1n << 128n) - 1n), fc.nat(128), (n, shift) => {
      const v6 = ipFromBigInt(n >> BigInt(shift), 'ipv6')
      expect(ipToBigInt(v6)).toBe(n >> BigInt(shift))
      if (!v6.startsWith('::ffff:')) expect(v6).toBe(ipaddr.IPv6.parse(v6).toRFC5952String())
      const v4 = ipFromBigInt(n, 'ipv4')
      expect(ipaddr.IPv4.parse(v4).toString()).toBe(v4)
      const length = shift % 33
      expect(cidrContains(networkOf(v4, length), ipFromBigInt(n >> 32n, 'ipv4'))).toBe(
        ipaddr.IPv4.parse(ipFromBigInt(n >> 32n, 'ipv4')).match(ipaddr.IPv4.parse(v4), length),
      )
    }),
    { numRuns: Number(process.env.LAW_RUNS ?? 100) },
  )
})
