import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Family } from './address.ts'
import { BITS, cidrContains, ipFromBigInt, lengthOf, networkOf } from './ip.ts'
import { buildLpm } from './lpm.ts'

const RUNS = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

/** Addresses that crowd into few networks, so that prefixes nest. */
const near = (family: Family) =>
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(255)).map(([a, b, c]) => {
    const n = BigInt(a) * 2n ** 24n + BigInt(b) * 2n ** 12n + BigInt(c)
    return ipFromBigInt(family === 'ipv4' ? n : (n << 96n) | n, family)
  })

test.each(['ipv4', 'ipv6'] as const)('law: longest prefix match over %s equals brute force', (family) => {
  const network = fc.tuple(near(family), fc.nat(BITS[family])).map(([ip, length]) => networkOf(ip, length))
  fc.assert(
    fc.property(fc.array(network, { maxLength: 40 }), near(family), (networks, ip) => {
      const lpm = buildLpm(family, networks, (cidr) => cidr)
      const holding = networks.filter((cidr) => cidrContains(cidr, ip)).sort((a, b) => lengthOf(b) - lengthOf(a))
      expect(lpm.longest(ip)?.[0]).toBe(holding[0])
      expect([...lpm.matches(ip)].flat().map(lengthOf)).toEqual(holding.map(lengthOf))
    }),
    RUNS,
  )
})
