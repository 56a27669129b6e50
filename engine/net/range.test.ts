import { expect, test } from 'vitest'
import type { Ip } from './address.ts'
import { covers, inCidr, networkOf, nextIp, nthIp, offsetIn, overlap, readCidr, readIp } from './range.ts'

test.each([
  ['10.244.1.7', '10.244.1.7'],
  ['FD00:10:244:0::1', 'fd00:10:244::1'],
  ['010.0.0.1', undefined],
  ['10.1', undefined],
  ['300.0.0.1', undefined],
  [undefined, undefined],
])('%s reads as the address %s', (text, ip) => expect(readIp(text)).toBe(ip))

test.each([
  ['10.244.1.7/24', '10.244.1.0/24'],
  ['255.255.255.255/1', '128.0.0.0/1'],
  ['fd00:10:244:1::7/64', 'fd00:10:244:1::/64'],
  ['10.0.0.0/33', undefined],
  ['10.0.0.0', undefined],
  ['10.0.0.0/', undefined],
])('%s reads as the network %s', (text, cidr) => expect(readCidr(text)).toBe(cidr))

test('addresses are counted from either end of a network', () => {
  expect(nthIp('10.96.0.0/16', 10)).toBe('10.96.0.10')
  expect(nthIp('10.96.0.0/16', -1)).toBe('10.96.255.255')
  expect(nthIp('fd00::/112', 10)).toBe('fd00::a')
  expect(nextIp('10.244.1.255' as Ip)).toBe('10.244.2.0')
  expect(offsetIn('10.244.1.0/24', '10.244.2.0' as Ip)).toBe(256n)
})

test('networks contain, cover and overlap as sets of addresses do', () => {
  expect(inCidr('10.244.0.0/16', '10.244.255.255' as Ip)).toBe(true)
  expect(inCidr('10.244.0.0/16', '10.245.0.0' as Ip)).toBe(false)
  expect(inCidr('10.244.0.0/16', 'fd00::1' as Ip)).toBe(false)
  expect(overlap('10.96.0.0/12', '10.100.0.0/16')).toBe(true)
  expect(overlap('10.96.0.0/16', '10.97.0.0/16')).toBe(false)
  expect(covers('10.244.0.0/16', '10.244.3.0/24')).toBe(true)
  expect(covers('10.244.3.0/24', '10.244.0.0/16')).toBe(false)
  expect(networkOf('192.168.10.11', 24)).toBe('192.168.10.0/24')
})
